#pragma once

// A conflict told to people: the derivation tree as sentences, each following from those before it
// (PubGrub, "Error Reporting").

#include "pubgrub/solver.hpp"

#include <string>
#include <vector>

namespace pycontainer::pubgrub {

/// How to speak of packages and reasons.
class Vocabulary {
public:
    Vocabulary() = default;
    Vocabulary(const Vocabulary&) = delete;
    Vocabulary& operator=(const Vocabulary&) = delete;
    virtual ~Vocabulary() = default;

    /// As a subject or an object: `foo>=1.2`; `candidates` is not empty.
    virtual std::string candidates(PackageId package, const CandidateSet& candidates) const = 0;
    /// What a need asks for: `bar>=2 (of which there is none)`.
    virtual std::string need(std::uint32_t reason) const = 0;
    /// What is said of what cannot be chosen: `has no wheel for …`.
    virtual std::string unusable(std::uint32_t reason) const = 0;
};

/// Sentences without final periods; the last one says that there is no solution. A conclusion that
/// is needed again later ends in its number, `(1)`.
std::vector<std::string> explain(const Conflict& conflict, const Vocabulary& vocabulary);

/// The reasons of all needs and of all unusable candidates that the conflict follows from, each
/// once, nearest to the conflict first.
struct Reasons {
    std::vector<std::uint32_t> needs;
    std::vector<std::uint32_t> unusable;
};
Reasons reasons_of(const Conflict& conflict);

}  // namespace pycontainer::pubgrub
