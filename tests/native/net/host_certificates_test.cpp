#include "net/host_certificates.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::net {
namespace {

class HostCertificatesTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto made =
            TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-certs-");
        ASSERT_OK(made);
        directory_.emplace(std::move(*made));
    }
    void put(const std::string& name) { ASSERT_OK(write_file(directory_->path() / name, "x")); }
    Result<HostCertificates> find(const std::string& host) {
        return find_host_certificates(
            Environment({{"HOME", (directory_->path() / "home").string()}}), host,
            directory_->path());
    }

    std::optional<TemporaryDirectory> directory_;
};

TEST_F(HostCertificatesTest, AreOfThatHostAndPortOnly) {
    put("etc/docker/certs.d/reg.example:5000/ca.crt");
    put("etc/docker/certs.d/reg.example:5000/client.cert");
    put("etc/docker/certs.d/reg.example:5000/client.key");
    const auto found = find("reg.example:5000");
    ASSERT_OK(found);
    ASSERT_EQ(found->authorities.size(), 1U);
    EXPECT_EQ(found->authorities[0].path.filename(), "ca.crt");
    ASSERT_TRUE(found->client);
    EXPECT_EQ(found->client->key.filename(), "client.key");
    EXPECT_TRUE(find("reg.example")->authorities.empty());
    EXPECT_FALSE(find("reg.example")->client);
}

TEST_F(HostCertificatesTest, AreTheUsersBeforeTheSystems) {
    put("etc/containers/certs.d/reg.example/system.crt");
    put("home/.config/containers/certs.d/reg.example/user.crt");
    EXPECT_EQ(find("reg.example")->authorities[0].path.filename(), "user.crt");
}

TEST_F(HostCertificatesTest, NeedTheirKey) {
    put("home/.docker/certs.d/reg.example/client.cert");
    EXPECT_ERROR(find("reg.example"), "net/tls", "client.key");
}

}  // namespace
}  // namespace pycontainer::net
