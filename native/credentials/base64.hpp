#pragma once

// RFC 4648 section 4, as Basic authentication (RFC 7617) and Docker's config.json write user and
// password.

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::credentials {

std::string to_base64(std::string_view bytes);
/// Padding may be missing; nothing for any other deviation.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace pycontainer::credentials
