#pragma once

// What tags of images say: a version, perhaps of Python, and a variant (`3.12.4-slim-bookworm`,
// `python3.12-alpine`). There is no standard for it; this is how the well-known bases do. Pure.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::intellisense {

struct ImageTag {
    std::string text;
    std::string prefix;             ///< before the version: `v`, `python`, `0.9.2-python`
    std::vector<unsigned> version;  ///< empty: it has none
    std::string prerelease;         ///< `rc1`, `a2`, `-rc`
    std::string suffix;             ///< the variant: `-slim-bookworm`

    static ImageTag parse(std::string_view text);
    /// Python 3's minor release, if that is what the tag tells of an image in `repository`
    /// (`docker.io/library/python`).
    std::optional<unsigned> python_minor(std::string_view repository) const;
};

/// The minor version of Python that an image's name promises: `python:3.11-slim`,
/// `ghcr.io/astral-sh/uv:python3.12-bookworm`. `exact` is the patch release where it says one.
struct PromisedPython {
    std::string minor;
    std::optional<std::string> exact;
};
std::optional<PromisedPython> promised_python(const std::string& reference);

/// Most useful first: newest supported Python, then what moves with it, then the others; among
/// equal versions the short names, slim before full before Alpine. Signatures and attestations are
/// left out.
std::vector<std::string> sorted_tags(const std::string& repository,
                                     const std::vector<std::string>& tags);

/// The newest of `tags` that is like `tag` – as precise, the same variant, a finished release – and
/// newer. `may_be` tells whether a minor release of Python 3 will do. Nothing when there is none.
std::optional<std::string> newer_tag(const std::string& repository, const std::string& tag,
                                     const std::vector<std::string>& tags,
                                     const std::function<bool(unsigned minor)>& may_be);

}  // namespace pycontainer::intellisense
