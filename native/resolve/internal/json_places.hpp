#pragma once

// Where things stand in a JSON text: the parser that makes values of it does not say.

#include "base/diagnostic.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::resolve::internal {

/// The position of a byte, columns being UTF-16 units; the end for offsets beyond it.
Position position_of(std::string_view text, std::size_t offset);

/// The offset of the first byte that makes `text` invalid; nothing when it is valid.
std::optional<std::size_t> find_json_fault(std::string_view text);

/// The keys of the outer object and of the objects in it, of a valid text.
class JsonPlaces {
public:
    explicit JsonPlaces(std::string_view text);
    /// Of the key `inner` in the member `outer`, quotes included, or of `outer` itself when `inner`
    /// is empty; the start of the text for what is not there.
    Range range_of(std::string_view outer, std::string_view inner = {}) const;

private:
    std::map<std::pair<std::string, std::string>, Range, std::less<>> ranges_;
};

}  // namespace pycontainer::resolve::internal
