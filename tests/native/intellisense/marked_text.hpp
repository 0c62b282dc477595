#pragma once

// Texts with places: `^` is where the cursor is.

#include "intellisense/source.hpp"

#include <memory>
#include <string>

namespace pycontainer::intellisense {

struct MarkedText {
    std::shared_ptr<const Source> source;
    std::size_t offset;
};

inline MarkedText marked(std::string text, const std::string& path = "/none/pycontainer.toml") {
    const auto offset = text.find('^');
    text.erase(offset, 1);
    return {Source::make(path, std::move(text)), offset};
}

}  // namespace pycontainer::intellisense
