#include "net/certificate_authorities.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

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
    Result<std::vector<CertificateSource>> find(
        std::map<std::string, std::string, std::less<>> variables) {
        return find_certificate_authorities(Environment(std::move(variables)),
                                            directory_->path() / "root");
    }
    std::optional<TemporaryDirectory> directory_;
};

TEST_F(CertificateAuthoritiesTest, TrustsWhatAnyVariableNames) {
    const auto one = file("one");
    const auto two = file("two");
    const auto directory = directory_->path().string();
    for (const auto* variable :
         {"PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
        const auto found = find({{variable, one}});
        ASSERT_OK(found);
        EXPECT_EQ(describe(*found), one + " (" + variable + ")");
    }
    EXPECT_EQ(describe(*find({{"SSL_CERT_FILE", two}, {"PIP_CERT", one}, {"CURL_CA_BUNDLE", one}})),
              one + " (PIP_CERT), " + two + " (SSL_CERT_FILE)");
    EXPECT_TRUE(find({{"REQUESTS_CA_BUNDLE", directory}})->at(0).is_directory);
    EXPECT_EQ(describe(*find({{"SSL_CERT_DIR", directory}, {"SSL_CERT_FILE", one}})),
              one + " (SSL_CERT_FILE), " + directory + " (SSL_CERT_DIR)");
}

TEST_F(CertificateAuthoritiesTest, SaysWhichVariableNamesNothing) {
    EXPECT_ERROR(find({{"SSL_CERT_FILE", "/nowhere/ca.pem"}}), "net/tls", "/nowhere/ca.pem",
                 "SSL_CERT_FILE");
    EXPECT_ERROR(find({{"SSL_CERT_DIR", "/nowhere"}}), "net/tls", "/nowhere", "SSL_CERT_DIR");
}

TEST_F(CertificateAuthoritiesTest, KnowsWhereSystemsKeepThem) {
    const auto root = directory_->path() / "root";
    EXPECT_TRUE(find({})->empty());
    std::filesystem::create_directories(root / "etc/ssl/certs");
    EXPECT_EQ(describe(*find({})), (root / "etc/ssl/certs (the system)").string());
    for (const auto* bundle : {"etc/ssl/ca-bundle.pem", "etc/pki/tls/certs/ca-bundle.crt",
                               "etc/ssl/certs/ca-certificates.crt"}) {  // SUSE, RHEL, Debian
        ASSERT_OK(write_file(root / bundle, "PEM"));
        EXPECT_EQ(describe(*find({{"SSL_CERT_FILE", ""}})),
                  (root / bundle).string() + " (the system)");
    }
}

}  // namespace
}  // namespace pycontainer::net
