#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::oci {

/// Names an image: registry, repository and a tag, a digest or both. A value, valid from
/// construction on.
///
/// The grammar is the OCI distribution specification's (1.1, "Pulling manifests": `<name>` and
/// `<reference>`) with what Docker's users leave out: no registry means Docker Hub, and a single
/// name there is under `library/`. Not a URL: schemes, mirrors and credentials are the registry
/// client's business.
class Reference {
public:
    /// Reads what a person typed. Without tag and digest the tag is `latest`.
    /// Errors: `reference/invalid`, naming the wrong part and, where it can be guessed, what was
    /// meant.
    static Result<Reference> parse(std::string_view text);

    /// Host and optional port as users write them: `docker.io`, `127.0.0.1:5000`.
    const std::string& registry() const { return registry_; }
    /// The path below the registry, `library/` included.
    const std::string& repository() const { return repository_; }
    const std::optional<std::string>& tag() const { return tag_; }
    const std::optional<Digest>& digest() const { return digest_; }

    /// True when the text named its registry; `app:v1` did not.
    bool names_registry() const { return names_registry_; }

    Reference with_tag(std::string tag) const;
    Reference with_digest(const Digest& digest) const;

    /// The shortest text that reads back as this value, for messages: `python:3.12-slim`.
    std::string to_string() const;
    /// With registry and `library/`, for records: `docker.io/library/python:3.12-slim`.
    std::string to_full_string() const;
    /// The registry and the repository alone, for messages about a repository.
    std::string name() const { return registry_ + "/" + repository_; }

    friend bool operator==(const Reference&, const Reference&) = default;

private:
    Reference() = default;
    std::string suffix() const;

    std::string registry_;
    std::string repository_;
    std::optional<std::string> tag_;
    std::optional<Digest> digest_;
    bool names_registry_ = false;
};

/// Distribution specification: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
bool is_valid_tag(std::string_view text);

}  // namespace pycontainer::oci
