#include "net/http_client.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace pycontainer::net {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
    Headers headers{{"Content-Type", "text/plain"},
                    {"WWW-Authenticate", "Basic"},
                    {"www-authenticate", "Bearer"}};
    EXPECT_EQ(headers.find("content-type"), "text/plain");
    EXPECT_EQ(headers.find("CONTENT-LENGTH"), std::nullopt);
    EXPECT_EQ(headers.find_all("Www-Authenticate"), (std::vector<std::string>{"Basic", "Bearer"}));
    headers.set("CONTENT-TYPE", "application/json");
    EXPECT_EQ(headers.find_all("Content-Type"), (std::vector<std::string>{"application/json"}));
    headers.remove("WWW-AUTHENTICATE");
    EXPECT_EQ(headers.size(), 1U);
}

std::string read_all(const BodySource& source, std::size_t step) {
    std::string text;
    for (;;) {
        std::string piece(step, '\0');
        const auto count = source.read(text.size(), std::as_writable_bytes(std::span(piece)));
        if (!count || *count == 0) return text;
        text.append(piece, 0, *count);
    }
}

TEST(BodySource, ReadsTextAndFilesFromAnyOffset) {
    const auto directory =
        TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-net-");
    ASSERT_OK(directory);
    const auto path = directory->path() / "body";
    ASSERT_OK(write_file(path, "0123456789"));
    const auto file = file_source(path);
    ASSERT_OK(file);
    for (const auto& source : {text_source("0123456789"), *file}) {
        EXPECT_EQ(source.size, 10U);
        EXPECT_EQ(read_all(source, 3), "0123456789");
        std::string tail(4, '\0');
        EXPECT_EQ(source.read(8, std::as_writable_bytes(std::span(tail))).value(), 2U);
        EXPECT_EQ(tail.substr(0, 2), "89");
        EXPECT_EQ(source.read(10, std::as_writable_bytes(std::span(tail))).value(), 0U);
    }
    EXPECT_ERROR(file_source(directory->path() / "missing"), "file/not-found", "missing");
}

TEST(BodySource, NoticesAFileThatShrank) {
    const auto directory =
        TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-net-");
    ASSERT_OK(directory);
    const auto path = directory->path() / "body";
    ASSERT_OK(write_file(path, "0123456789"));
    const auto source = file_source(path);
    ASSERT_OK(source);
    std::filesystem::resize_file(path, 4);
    std::string buffer(10, '\0');
    EXPECT_ERROR(source->read(0, std::as_writable_bytes(std::span(buffer))), "file/not-readable",
                 "body");
}

}  // namespace
}  // namespace pycontainer::net
