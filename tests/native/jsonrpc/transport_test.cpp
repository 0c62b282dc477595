#include "jsonrpc/transport.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <unistd.h>

namespace pycontainer::jsonrpc {
namespace {

TEST(FrameReader, TakesMessagesInAnyPieces) {
    const auto stream =
        frame("{\"a\":1}") +
        "Content-Type: application/vscode-jsonrpc; charset=utf8\r\ncontent-length: 2\r\n\r\n{}" +
        frame("\"caf\xc3\xa9\"");
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
        FrameReader reader;
        std::vector<std::string> bodies;
        for (std::size_t i = 0; i < stream.size(); i += piece) {
            reader.append(std::string_view(stream).substr(i, piece));
            for (auto body = reader.next(); body && *body; body = reader.next())
                bodies.push_back(**body);
        }
        EXPECT_EQ(bodies, (std::vector<std::string>{"{\"a\":1}", "{}", "\"caf\xc3\xa9\""}))
            << piece;
    }
}

TEST(FrameReader, RefusesWhatIsNoFrame) {
    const std::vector<std::string> rows = {"Content-Length: x\r\n\r\n",
                                           "Content-Length: -1\r\n\r\n",
                                           "Content-Length: 99999999999999999999\r\n\r\n",
                                           "Content-Length: 1000000000\r\n\r\n",
                                           "no colon\r\n\r\n",
                                           "Other: 1\r\n\r\n",
                                           std::string(5000, 'a')};
    for (const auto& row : rows) {
        FrameReader reader;
        reader.append(row);
        EXPECT_ERROR(reader.next(), "jsonrpc/invalid-frame");
        const auto rest = reader.next();
        ASSERT_OK(rest);
        EXPECT_FALSE(*rest) << "told once";
    }
}

TEST(FrameReader, GoesOnBehindWhatIsNoFrame) {
    const std::string long_line(100'000, 'x');
    for (const auto& garbage :
         {std::string("garbage"), std::string("garbage\r\n\r\n"),
          std::string("a: b\r\n\r\n\r\n\r\n"), std::string("Content-Length: x\r\n\r\n{}"),
          "Content-Length: 9999999999\r\n\r\n" + long_line, long_line, std::string("\0\xFF\r\n", 4),
          std::string("Content-Length: 1\r\n")})
        for (const std::size_t piece : {std::size_t{1}, std::size_t{4096}, garbage.size() + 100}) {
            SCOPED_TRACE(garbage.substr(0, 30));
            const auto stream = garbage + frame("{}") + frame("[1]");
            FrameReader reader;
            std::vector<std::string> bodies;
            int errors = 0;
            for (std::size_t i = 0; i < stream.size(); i += piece) {
                reader.append(std::string_view(stream).substr(i, piece));
                for (auto body = reader.next(); !body || *body; body = reader.next())
                    body ? bodies.push_back(**body) : static_cast<void>(++errors);
            }
            EXPECT_EQ(bodies, (std::vector<std::string>{"{}", "[1]"}));
            EXPECT_LE(errors, 1);
        }
}

TEST(FrameReader, TakesManyMessagesInTimeProportionalToThem) {
    std::string stream;
    for (int i = 0; i < 200'000; ++i) stream += frame("{}");
    FrameReader reader;
    reader.append(stream);
    int count = 0;
    for (auto body = reader.next(); body && *body; body = reader.next()) ++count;
    EXPECT_EQ(count, 200'000);
}

TEST(ParseMessage, ReadsHalfASurrogatePair) {
    const auto text = [](const char* body) {
        const auto message = parse_message(body);
        return message ? message->get<std::string>() : message.error().code;
    };
    EXPECT_EQ(text(R"("a\ud83db")"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(text(R"("\uDE00\uD83D")"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(text(R"("\ud83d\ude00\ud83d")"), "\xF0\x9F\x98\x80\xEF\xBF\xBD");
    EXPECT_EQ(text(R"("\\ud83d\ud83d")"), "\\ud83d\xEF\xBF\xBD");
    EXPECT_EQ(text(R"("\ud83")"), "json/invalid");
    EXPECT_EQ(text(R"("\)"), "json/invalid");
}

TEST(Transport, TellsMessagesSilenceAndTheEnd) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    ASSERT_EQ(::pipe(in.data()), 0);
    ASSERT_EQ(::pipe(out.data()), 0);
    FileDescriptor peer_write(in[1]);
    const FileDescriptor ends[] = {FileDescriptor(in[0]), FileDescriptor(out[0]),
                                   FileDescriptor(out[1])};
    Transport transport(in[0], out[1]);

    auto silence = transport.read({}, std::chrono::milliseconds(1));
    ASSERT_OK(silence);
    EXPECT_FALSE(silence->body);
    EXPECT_FALSE(silence->closed);

    const auto message = frame("{}") + frame("[]");
    ASSERT_EQ(::write(peer_write.value(), message.data(), message.size()),
              static_cast<ssize_t>(message.size()));
    EXPECT_EQ(transport.read({}, std::chrono::seconds(5))->body, "{}");
    EXPECT_TRUE(transport.has_input());
    EXPECT_EQ(transport.read({}, std::chrono::seconds(5))->body, "[]");
    EXPECT_FALSE(transport.has_input());

    // A stretch of nonsense is told once, and reading goes on.
    const auto nonsense = "nonsense\r\n\r\n" + frame("7");
    ASSERT_EQ(::write(peer_write.value(), nonsense.data(), nonsense.size()),
              static_cast<ssize_t>(nonsense.size()));
    EXPECT_ERROR(transport.read({}, std::chrono::seconds(5)), "jsonrpc/invalid-frame");
    EXPECT_EQ(transport.read({}, std::chrono::seconds(5))->body, "7");

    transport.write(response(1, "x"));
    std::array<char, 256> buffer{};
    const auto count = ::read(out[0], buffer.data(), buffer.size());
    EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(count)),
              frame(R"({"id":1,"jsonrpc":"2.0","result":"x"})"));

    peer_write = FileDescriptor();
    EXPECT_TRUE(transport.read({}, std::chrono::seconds(5))->closed);
}

TEST(Transport, WritesWithoutWaitingForTheReader) {
    std::array<int, 2> out{};
    ASSERT_EQ(::pipe(out.data()), 0);
    const FileDescriptor reader(out[0]);
    const FileDescriptor writer(out[1]);
    const std::string text(300'000, 'x');  // more than a pipe holds
    std::string expected;
    for (int i = 0; i < 5; ++i) expected += frame(dump_json(response(i, text)));
    std::string found(expected.size(), ' ');
    {
        Transport transport(-1, out[1]);
        for (int i = 0; i < 5; ++i) transport.write(response(i, text));  // nobody reads yet
        for (std::size_t at = 0; at < found.size();) {
            const auto count = ::read(out[0], found.data() + at, found.size() - at);
            ASSERT_GT(count, 0);
            at += static_cast<std::size_t>(count);
        }
    }
    EXPECT_EQ(found, expected);
}

TEST(Transport, EndsAlthoughNobodyReads) {
    std::array<int, 2> out{};
    ASSERT_EQ(::pipe(out.data()), 0);
    const FileDescriptor reader(out[0]);
    const FileDescriptor writer(out[1]);
    const auto before = std::chrono::steady_clock::now();
    {
        Transport transport(-1, out[1]);
        transport.write(response(1, std::string(300'000, 'x')));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
}

}  // namespace
}  // namespace pycontainer::jsonrpc
