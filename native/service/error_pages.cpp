#include "service/internal/error_pages.hpp"

#include "base/strings.hpp"

namespace pycontainer::embedded {
extern const std::string_view error_pages;
}

namespace pycontainer::service {
namespace {

constexpr std::string_view kHeading = "\n## ";

}  // namespace

std::optional<std::string> embedded_page(std::string_view code) {
    const auto heading = std::string(kHeading) + std::string(code) + "\n";
    const auto begin = embedded::error_pages.find(heading);
    if (code.empty() || begin == std::string_view::npos) return std::nullopt;
    const auto end = embedded::error_pages.find(kHeading, begin + 1);
    const auto text = embedded::error_pages.substr(
        begin + 1, end == std::string_view::npos ? end : end - begin - 1);
    return std::string(trim(text)) + "\n";
}

std::string_view embedded_pages() {
    return embedded::error_pages;
}

std::vector<std::string> embedded_codes() {
    std::vector<std::string> codes;
    for (auto at = embedded::error_pages.find(kHeading); at != std::string_view::npos;
         at = embedded::error_pages.find(kHeading, at + 1)) {
        const auto from = at + kHeading.size();
        codes.emplace_back(
            embedded::error_pages.substr(from, embedded::error_pages.find('\n', from) - from));
    }
    return codes;
}

}  // namespace pycontainer::service
