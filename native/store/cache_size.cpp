#include "store/cache_size.hpp"

#include "base/strings.hpp"

#include <cmath>

namespace pycontainer::store {
namespace {

constexpr std::string_view kVariable = "PYCONTAINER_CACHE_SIZE";
constexpr std::string_view kUnits = "kmgt";

/// What a unit stands for: `""`, `k`, `kb`, `ki`, `kib`.
std::optional<double> factor_of(std::string_view unit) {
    if (unit.empty() || unit == "b") return 1.0;
    const auto power = kUnits.find(unit.front());
    if (power == std::string_view::npos) return std::nullopt;
    unit.remove_prefix(1);
    const bool binary = unit.starts_with('i');
    if (binary) unit.remove_prefix(1);
    if (!unit.empty() && unit != "b") return std::nullopt;
    return std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1));
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    text = trim(text);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    double number = 0;
    double place = 0;       // of the last digit; 0: there was no point yet
    bool complete = false;  // it ends with a digit
    for (; !text.empty() && (is_digit(text.front()) || text.front() == '.');
         text.remove_prefix(1)) {
        if (text.front() == '.') {
            if (!complete || place != 0) return std::nullopt;
            place = 1;
            complete = false;
            continue;
        }
        complete = true;
        const int digit = text.front() - '0';
        if (place == 0) {
            number = number * 10 + digit;
        } else {
            place /= 10;
            number += place * digit;
        }
    }
    const auto factor = factor_of(to_lower(trim(text)));
    if (!complete || !factor) return std::nullopt;
    const double bytes = number * *factor;
    constexpr double kMost = 9e18;  // what is larger is a mistake, and would not fit
    if (!(bytes < kMost)) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(bytes));
}

Result<std::optional<std::uint64_t>> cache_size_limit(const Environment& environment) {
    const auto text = environment.find_nonempty(kVariable);
    if (!text) return kDefaultCacheSize;
    if (to_lower(trim(*text)) == "none") return std::optional<std::uint64_t>();
    const auto size = parse_size(*text);
    if (!size)
        return fail("config/invalid-value", "`{}` is `{}`, which is no size", kVariable,
                    printable(*text, 60))
            .hint("write it like `10G` or `512MiB`, or `none` for no limit");
    return size;
}

}  // namespace pycontainer::store
