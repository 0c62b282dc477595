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
    }
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

    transport.write(response(1, "x"));
    std::array<char, 256> buffer{};
    const auto count = ::read(out[0], buffer.data(), buffer.size());
    EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(count)),
              frame(R"({"id":1,"jsonrpc":"2.0","result":"x"})"));

    peer_write = FileDescriptor();
    EXPECT_TRUE(transport.read({}, std::chrono::seconds(5))->closed);
}

}  // namespace
}  // namespace pycontainer::jsonrpc
