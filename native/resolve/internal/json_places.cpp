#include "resolve/internal/json_places.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <vector>

namespace pycontainer::resolve::internal {
namespace {

/// Takes every event and keeps nothing but the place of the fault, so depth costs no stack.
struct FaultFinder : nlohmann::json_sax<Json> {
    std::optional<std::size_t> fault;

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        fault = position == 0 ? 0 : position - 1;  // counted from one
        return false;
    }
};

/// The end of the string that starts with the quote at `start`, behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t start) {
    for (auto at = start + 1; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at + 1;
    }
    return text.size();
}

/// Counts on from the last place, so that all places of a text take one walk over it.
class Walker {
public:
    explicit Walker(std::string_view text) : text_(text) {}

    Position advance(std::size_t offset) {
        for (; at_ < offset; ++at_) {
            const auto byte = static_cast<unsigned char>(text_[at_]);
            if (byte == '\n') {
                ++position_.line;
                position_.character = 0;
            } else if ((byte & 0xC0U) != 0x80U) {
                // UTF-8: continuation bytes count nothing, what needs four bytes is two units.
                position_.character += byte >= 0xF0U ? 2 : 1;
            }
        }
        return position_;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
    Position position_;
};

}  // namespace

Position position_of(std::string_view text, std::size_t offset) {
    Walker walker(text);
    return walker.advance(std::min(offset, text.size()));
}

std::optional<std::size_t> find_json_fault(std::string_view text) {
    FaultFinder finder;
    if (Json::sax_parse(text, &finder)) return std::nullopt;
    return finder.fault.value_or(0);
}

JsonPlaces::JsonPlaces(std::string_view text) {
    Walker walker(text);
    int depth = 0;
    std::string outer;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        } else if (c == '"') {
            const auto end = end_of_string(text, at);
            const auto after = text.find_first_not_of(" \t\r\n", end);
            const bool is_key = after != std::string_view::npos && text[after] == ':';
            if (is_key && (depth == 1 || depth == 2)) {
                const auto key = parse_json(text.substr(at, end - at), "a key");
                const auto name = key && key->is_string() ? key->get<std::string>() : "";
                const auto start = walker.advance(at);
                if (depth == 1) outer = name;
                ranges_.insert_or_assign({outer, depth == 1 ? "" : name},
                                         Range{start, walker.advance(end)});
            }
            at = end - 1;
        }
    }
}

Range JsonPlaces::range_of(std::string_view outer, std::string_view inner) const {
    const auto found = ranges_.find(std::pair<std::string, std::string>(outer, inner));
    return found == ranges_.end() ? Range{} : found->second;
}

}  // namespace pycontainer::resolve::internal
