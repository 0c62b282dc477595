#pragma once

// Wheels that were made of sources, remembered by what they were made of, and how a build backend
// is brought to make one. Which sources need one is not decided here (build/source_wheels.hpp).

#include "build/session.hpp"
#include "packaging/target.hpp"
#include "resolve/backend.hpp"
#include "resolve/warning.hpp"
#include "resolve/wheel_choice.hpp"
#include "sources/tree.hpp"
#include "sources/version.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::build {

/// What a wheel is made of.
struct WheelSources {
    Digest content;
    std::string subdirectory{};
    sources::VersionHints hints{};
};

struct MadeWheel {
    resolve::SelectedWheel wheel;  ///< a blob of the store
    std::vector<resolve::Warning> warnings{};
};

/// Borrows the session. Thread-safe.
class MadeWheels {
public:
    explicit MadeWheels(Session& session) : session_(session) {}

    /// Made for any target, by nothing but its sources.
    Result<std::optional<MadeWheel>> find(const exec::Context& ctx, const WheelSources& from);
    Result<void> remember(const WheelSources& from, const MadeWheel& made);

    /// By a backend, for the target.
    Result<std::optional<MadeWheel>> find(const exec::Context& ctx, const WheelSources& from,
                                          const packaging::TargetEnvironment& target);
    /// The one that is known, or a new one: runs foreign code. Errors: those of `run_backend`.
    Result<MadeWheel> build(const exec::Context& ctx, const resolve::BackendSources& sources);

    /// Makes the wheel of what is asked about, which is there when it is installed.
    resolve::AskBackend ask_backend();

private:
    Result<std::optional<MadeWheel>> find(const exec::Context& ctx, const Digest& key);
    Result<void> remember(const Digest& key, const MadeWheel& made);

    Session& session_;
};

}  // namespace pycontainer::build
