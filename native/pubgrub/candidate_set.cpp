#include "pubgrub/candidate_set.hpp"

#include "base/result.hpp"

#include <algorithm>

namespace pycontainer::pubgrub {
namespace {

constexpr std::size_t kBits = 64;

std::uint64_t bit(std::size_t candidate) {
    return std::uint64_t{1} << (candidate % kBits);
}

}  // namespace

CandidateSet CandidateSet::none(std::size_t universe) {
    CandidateSet set;
    set.universe_ = universe;
    set.words_.resize((universe + kBits - 1) / kBits);
    return set;
}

CandidateSet CandidateSet::all(std::size_t universe) {
    return none(universe).complement();
}

CandidateSet CandidateSet::only(std::size_t universe, std::size_t candidate) {
    auto set = none(universe);
    set.insert(candidate);
    return set;
}

bool CandidateSet::contains(std::size_t candidate) const {
    return candidate < universe_ && (words_[candidate / kBits] & bit(candidate)) != 0;
}

void CandidateSet::insert(std::size_t candidate) {
    PYC_ASSERT(candidate < universe_);
    words_[candidate / kBits] |= bit(candidate);
}

void CandidateSet::remove(std::size_t candidate) {
    if (candidate < universe_) words_[candidate / kBits] &= ~bit(candidate);
}

bool CandidateSet::empty() const {
    return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
}

std::size_t CandidateSet::size() const {
    std::size_t count = 0;
    for (const auto word : words_) count += static_cast<std::size_t>(std::popcount(word));
    return count;
}

std::optional<std::size_t> CandidateSet::first(std::size_t from) const {
    for (auto i = from / kBits; i < words_.size(); ++i) {
        auto word = words_[i];
        if (i == from / kBits) word &= ~std::uint64_t{0} << (from % kBits);
        if (word != 0) return i * kBits + static_cast<std::size_t>(std::countr_zero(word));
    }
    return std::nullopt;
}

CandidateSet CandidateSet::complement() const {
    auto result = *this;
    for (auto& word : result.words_) word = ~word;
    if (universe_ % kBits != 0) result.words_.back() &= bit(universe_) - 1;
    return result;
}

template <typename Combine>
CandidateSet CandidateSet::combined(const CandidateSet& other, Combine combine) const {
    PYC_ASSERT(universe_ == other.universe_);
    auto result = *this;
    for (std::size_t i = 0; i < words_.size(); ++i)
        result.words_[i] = combine(words_[i], other.words_[i]);
    return result;
}

CandidateSet CandidateSet::operator&(const CandidateSet& other) const {
    return combined(other, [](std::uint64_t a, std::uint64_t b) { return a & b; });
}

CandidateSet CandidateSet::operator|(const CandidateSet& other) const {
    return combined(other, [](std::uint64_t a, std::uint64_t b) { return a | b; });
}

CandidateSet CandidateSet::operator-(const CandidateSet& other) const {
    return combined(other, [](std::uint64_t a, std::uint64_t b) { return a & ~b; });
}

bool CandidateSet::is_subset_of(const CandidateSet& other) const {
    PYC_ASSERT(universe_ == other.universe_);
    for (std::size_t i = 0; i < words_.size(); ++i)
        if ((words_[i] & ~other.words_[i]) != 0) return false;
    return true;
}

bool CandidateSet::is_disjoint_with(const CandidateSet& other) const {
    PYC_ASSERT(universe_ == other.universe_);
    for (std::size_t i = 0; i < words_.size(); ++i)
        if ((words_[i] & other.words_[i]) != 0) return false;
    return true;
}

}  // namespace pycontainer::pubgrub
