#pragma once

// Content digests: `sha256:<64 hex>`, the only way to name content, and the hasher that makes them.

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A SHA-256 digest (OCI image specification, "Digests"). Valid from construction on; the default
/// value is all zeros and `empty()`.
class Digest {
public:
    Digest() = default;
    /// Errors: `digest/invalid` for anything but `sha256:` and 64 lower-case hexadecimal digits.
    static Result<Digest> parse(std::string_view text);
    /// 64 hexadecimal digits of either case, without the algorithm, as lock files and indexes write
    /// them.
    static Result<Digest> from_hex(std::string_view hex);
    static Digest of(Bytes bytes);
    static Digest of(std::string_view text) { return of(as_bytes(text)); }
    static Digest from_raw(const std::array<std::byte, 32>& raw) { return Digest(raw); }

    bool empty() const { return *this == Digest(); }
    std::string hex() const;
    std::string to_string() const { return "sha256:" + hex(); }
    const std::array<std::byte, 32>& raw() const { return raw_; }

    friend auto operator<=>(const Digest&, const Digest&) = default;

private:
    explicit Digest(const std::array<std::byte, 32>& raw) : raw_(raw) {}
    std::array<std::byte, 32> raw_{};
};

/// SHA-256 over bytes as they come. One thread at a time.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(Bytes bytes);
    void update(std::string_view text) { update(as_bytes(text)); }
    /// The digest of all that was given; the hasher starts anew after it.
    Digest finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The longer relatives of SHA-256, for what others have hashed with them; nothing of ours is named
/// so. One thread at a time.
class Sha512 {
public:
    enum class Length { Bits384, Bits512 };
    explicit Sha512(Length length);
    ~Sha512();
    Sha512(Sha512&&) noexcept;
    Sha512& operator=(Sha512&&) noexcept;

    void update(Bytes bytes);
    /// 48 or 64 bytes, of all that was given; nothing may follow.
    std::vector<std::byte> finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string to_hex(Bytes bytes);
/// RFC 4648 section 5 without padding, as RECORD files write hashes.
std::string to_base64_url(Bytes bytes);

}  // namespace pycontainer

template <>
struct std::hash<pycontainer::Digest> {
    std::size_t operator()(const pycontainer::Digest& digest) const noexcept {
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i)
            value = (value << 8U) | std::to_integer<std::size_t>(digest.raw()[i]);
        return value;
    }
};
