#pragma once

// The wheels of an image, ready to be put into layers: fetched, verified, and converted once in
// their life.
//
// A wheel's layer depends on the wheel and the scheme alone, so it is remembered in the store by
// these and shared by all projects.

#include "exec/context.hpp"
#include "install/scheme.hpp"
#include "install/wheel_converter.hpp"
#include "install/wheel_fetch.hpp"
#include "resolve/wheel_choice.hpp"
#include "store/store.hpp"

#include <span>
#include <vector>

namespace pycontainer::install {

struct PreparedWheel : ConvertedWheel {
    resolve::SelectedWheel wheel;
    Digest wheel_digest;
    std::uint64_t wheel_size = 0;
    bool cached = false;  ///< nothing of it was fetched or converted now
};

/// In the order given. Up to 8 are fetched at a time, and `ctx.concurrency()` converted. The layers
/// of each are blobs in the store.
///
/// Errors: those of `fetch_wheel` and `convert_wheel`, `install/wrong-python`.
Result<std::vector<PreparedWheel>> prepare_wheels(const exec::Context& ctx,
                                                  std::span<const resolve::SelectedWheel> wheels,
                                                  const Scheme& scheme, const WheelSource& source,
                                                  store::Store& store,
                                                  const PartLimits& limits = {});

}  // namespace pycontainer::install
