#pragma once

// Some of the candidates of one package, by their numbers: what a requirement admits, and what is
// left of it. A package's candidates are finite and known when it is first mentioned, so a bit for
// each says everything that ranges of versions could, and exactly.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pycontainer::pubgrub {

/// A value. Operations of two sets want the same universe.
class CandidateSet {
public:
    CandidateSet() = default;
    static CandidateSet none(std::size_t universe);
    static CandidateSet all(std::size_t universe);
    static CandidateSet only(std::size_t universe, std::size_t candidate);

    std::size_t universe() const { return universe_; }
    bool contains(std::size_t candidate) const;
    void insert(std::size_t candidate);
    void remove(std::size_t candidate);
    bool empty() const;
    std::size_t size() const;
    /// The lowest number at or after `from`.
    std::optional<std::size_t> first(std::size_t from = 0) const;

    CandidateSet complement() const;
    CandidateSet operator&(const CandidateSet& other) const;
    CandidateSet operator|(const CandidateSet& other) const;
    CandidateSet operator-(const CandidateSet& other) const;
    bool is_subset_of(const CandidateSet& other) const;
    bool is_disjoint_with(const CandidateSet& other) const;
    friend bool operator==(const CandidateSet&, const CandidateSet&) = default;

private:
    template <typename Combine>
    CandidateSet combined(const CandidateSet& other, Combine combine) const;

    std::size_t universe_ = 0;
    std::vector<std::uint64_t> words_;  // bits beyond the universe are zero
};

}  // namespace pycontainer::pubgrub
