#include "net/certificate_authorities.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "support/result_matchers.hpp"

namespace pycontainer::net {
namespace {

class CertificateAuthoritiesTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto made = TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-net-");
        ASSERT_OK(made);
        directory_.emplace(std::move(*made));
    }
    std::string file(const std::string& name) {
        const auto path = directory_->path() / name;
        EXPECT_OK(write_file(path, "PEM"));
        return path.string();
    }
    Result<CertificateAuthorities> find(std::map<std::string, std::string, std::less<>> variables) {
        return find_certificate_authorities(Environment(std::move(variables)), directory_->path() / "root");
    }
    std::optional<TemporaryDirectory> directory_;
};

TEST_F(CertificateAuthoritiesTest, PrefersTheVariablesInTheirOrder) {
    const std::vector<std::string> order{"PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"};
    std::map<std::string, std::string, std::less<>> variables;
    for (auto name = order.rbegin(); name != order.rend(); ++name) {
        variables[*name] = file(*name);
        const auto found = find(variables);
        ASSERT_OK(found);
        EXPECT_EQ(found->file, variables[*name]);
        EXPECT_EQ(found->origin, *name);
        EXPECT_TRUE(found->directory.empty());
    }
}

TEST_F(CertificateAuthoritiesTest, TakesDirectories) {
    const auto path = directory_->path().string();
    EXPECT_EQ(find({{"REQUESTS_CA_BUNDLE", path}})->directory, path);
    EXPECT_EQ(find({{"SSL_CERT_DIR", path}})->directory, path);
    const auto both = find({{"SSL_CERT_DIR", path}, {"SSL_CERT_FILE", file("ca")}});
    ASSERT_OK(both);
    EXPECT_EQ(both->directory, path);
    EXPECT_EQ(both->file, file("ca"));
}

TEST_F(CertificateAuthoritiesTest, SaysWhichVariableNamesNothing) {
    EXPECT_ERROR(find({{"SSL_CERT_FILE", "/nowhere/ca.pem"}}), "net/tls", "/nowhere/ca.pem", "SSL_CERT_FILE");
    EXPECT_ERROR(find({{"SSL_CERT_DIR", "/nowhere"}}), "net/tls", "/nowhere", "SSL_CERT_DIR");
}

TEST_F(CertificateAuthoritiesTest, KnowsWhereSystemsKeepThem) {
    EXPECT_TRUE(find({})->empty());
    ASSERT_OK(write_file(directory_->path() / "root/etc/ssl/ca-bundle.pem", "SUSE"));
    EXPECT_EQ(find({})->file, directory_->path() / "root/etc/ssl/ca-bundle.pem");
    ASSERT_OK(write_file(directory_->path() / "root/etc/pki/tls/certs/ca-bundle.crt", "RHEL"));
    EXPECT_EQ(find({})->file, directory_->path() / "root/etc/pki/tls/certs/ca-bundle.crt");
    ASSERT_OK(write_file(directory_->path() / "root/etc/ssl/certs/ca-certificates.crt", "Debian"));
    const auto found = find({{"SSL_CERT_FILE", ""}});
    ASSERT_OK(found);
    EXPECT_EQ(found->file, directory_->path() / "root/etc/ssl/certs/ca-certificates.crt");
    EXPECT_EQ(found->origin, "the system");
}

}  // namespace
}  // namespace pycontainer::net
