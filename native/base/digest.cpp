// The low-level SHA-2 calls are used on purpose: they need no provider to be loaded (2 ms of
// start-up that an unchanged build does not have) and use the same assembly.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.hpp"

#include "base/strings.hpp"

#include <openssl/sha.h>

namespace pycontainer {
namespace {

constexpr std::string_view kPrefix = "sha256:";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Result<Digest> Digest::from_hex(std::string_view hex) {
    std::array<std::byte, 32> raw{};
    if (hex.size() != raw.size() * 2)
        return fail("digest/invalid", "`{}` is not a SHA-256 digest", printable(hex, 100));
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return fail("digest/invalid", "`{}` is not a SHA-256 digest", printable(hex, 100));
        raw[i] = static_cast<std::byte>(high * 16 + low);
    }
    return Digest(raw);
}

Result<Digest> Digest::parse(std::string_view text) {
    const auto invalid = [&] {
        return fail("digest/invalid", "`{}` is not a digest", printable(text, 100))
            .hint("a digest is `sha256:` and 64 lower-case hexadecimal digits");
    };
    if (!text.starts_with(kPrefix)) return invalid();
    const auto hex = text.substr(kPrefix.size());
    for (const char c : hex)
        if (c >= 'A' && c <= 'F') return invalid();
    auto digest = from_hex(hex);
    if (!digest) return invalid();
    return digest;
}

Digest Digest::of(Bytes bytes) {
    std::array<std::byte, 32> raw{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(raw.data()));
    return Digest(raw);
}

std::string Digest::hex() const {
    return to_hex(raw_);
}

struct Sha256::State {
    SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    SHA256_Init(&state_->context);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(Bytes bytes) {
    SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

Digest Sha256::finish() {
    std::array<std::byte, 32> raw{};
    SHA256_Final(reinterpret_cast<unsigned char*>(raw.data()), &state_->context);
    SHA256_Init(&state_->context);
    return Digest::from_raw(raw);
}

struct Sha512::State {
    SHA512_CTX context;
};

// The context knows the length that it was made for.
Sha512::Sha512(Length length) : state_(std::make_unique<State>()) {
    if (length == Length::Bits384)
        SHA384_Init(&state_->context);
    else
        SHA512_Init(&state_->context);
}
Sha512::~Sha512() = default;
Sha512::Sha512(Sha512&&) noexcept = default;
Sha512& Sha512::operator=(Sha512&&) noexcept = default;

void Sha512::update(Bytes bytes) {
    SHA512_Update(&state_->context, bytes.data(), bytes.size());
}

std::vector<std::byte> Sha512::finish() {
    std::vector<std::byte> raw(state_->context.md_len);
    SHA512_Final(reinterpret_cast<unsigned char*>(raw.data()), &state_->context);
    return raw;
}

std::string to_hex(Bytes bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        const auto value = std::to_integer<unsigned>(b);
        text += kDigits[value >> 4U];
        text += kDigits[value & 15U];
    }
    return text;
}

std::string to_base64_url(Bytes bytes) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const std::byte b : bytes) {
        bits = (bits << 8U) | std::to_integer<std::uint32_t>(b);
        for (count += 8; count >= 6; count -= 6)
            text += kAlphabet[(bits >> static_cast<unsigned>(count - 6)) & 63U];
    }
    if (count > 0) text += kAlphabet[(bits << static_cast<unsigned>(6 - count)) & 63U];
    return text;
}

}  // namespace pycontainer
