#include "oci/reference.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

struct Row {
    std::string text, registry, repository, tag;
    bool names_registry = false;
};

TEST(Reference, IsReadAsPeopleWriteIt) {
    const std::vector<Row> rows = {
        {"python", "docker.io", "library/python", "latest"},
        {"python:3.12-slim", "docker.io", "library/python", "3.12-slim"},
        {"acme/api", "docker.io", "acme/api", "latest"},
        {"docker.io/python", "docker.io", "library/python", "latest", true},
        {"index.docker.io/library/python:3", "docker.io", "library/python", "3", true},
        {"localhost/api", "localhost", "api", "latest", true},
        {"localhost:5000/api", "localhost:5000", "api", "latest", true},
        {"127.0.0.1:5000/team/api:1", "127.0.0.1:5000", "team/api", "1", true},
        {"[::1]:5000/api:1", "[::1]:5000", "api", "1", true},
        {"ghcr.io/acme/api:1.4", "ghcr.io", "acme/api", "1.4", true},
        {"REGISTRY.example/a__b/c--d.e:V1", "REGISTRY.example", "a__b/c--d.e", "V1", true},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.text);
        const auto reference = Reference::parse(row.text);
        ASSERT_OK(reference);
        EXPECT_EQ(reference->registry(), row.registry);
        EXPECT_EQ(reference->repository(), row.repository);
        EXPECT_EQ(reference->tag(), row.tag);
        EXPECT_EQ(reference->names_registry(), row.names_registry);
        EXPECT_EQ(Reference::parse(reference->to_string())->to_full_string(),
                  reference->to_full_string());
        EXPECT_EQ(Reference::parse(reference->to_full_string())->to_full_string(),
                  reference->to_full_string());
    }
}

TEST(Reference, HasTagAndDigest) {
    const auto pinned = Reference::parse("python@" + kDigest);
    ASSERT_OK(pinned);
    EXPECT_EQ(pinned->tag(), std::nullopt);
    EXPECT_EQ(pinned->digest()->to_string(), kDigest);
    const auto both = Reference::parse("ghcr.io/acme/api:1.4@" + kDigest);
    ASSERT_OK(both);
    EXPECT_EQ(both->tag(), "1.4");
    EXPECT_EQ(both->to_string(), "ghcr.io/acme/api:1.4@" + kDigest);
    EXPECT_EQ(both->with_tag("2").to_string(), "ghcr.io/acme/api:2");
    EXPECT_EQ(both->with_digest(*both->digest()).to_string(), "ghcr.io/acme/api@" + kDigest);
}

TEST(Reference, SaysWhichPartIsWrong) {
    EXPECT_ERROR(Reference::parse("ghcr.io/Acme/api"), "reference/invalid", "`Acme`", "`acme`");
    EXPECT_ERROR(Reference::parse("api:"), "reference/invalid", "tag");
    EXPECT_ERROR(Reference::parse("api:-x"), "reference/invalid", "`-x`");
    EXPECT_ERROR(Reference::parse("api:" + std::string(129, 'a')), "reference/invalid", "tag");
    EXPECT_ERROR(Reference::parse("a//b"), "reference/invalid", "repository name");
    EXPECT_ERROR(Reference::parse("a___b"), "reference/invalid", "`a___b`");
    EXPECT_ERROR(Reference::parse("a..b"), "reference/invalid");
    EXPECT_ERROR(Reference::parse("a-"), "reference/invalid");
    EXPECT_ERROR(Reference::parse(""), "reference/invalid");
    EXPECT_ERROR(Reference::parse("api@sha256:abc"), "reference/invalid", "digest");
    EXPECT_ERROR(Reference::parse("127.0.0.1:99999/api"), "reference/invalid", "`127.0.0.1:99999`");
    EXPECT_ERROR(Reference::parse("host:port/api"), "reference/invalid", "`host:port`");
    EXPECT_ERROR(Reference::parse("https://ghcr.io/acme/api"), "reference/invalid", "URL",
                 "`ghcr.io/acme/api`");
    for (const auto* const path : {"./dist/image", "../image", "/tmp/image:1", "~/image", "."})
        EXPECT_ERROR(Reference::parse(path), "reference/invalid", path, "is a path", "`oci:DIR`");
    EXPECT_ERROR(Reference::parse("a\x1b[31m"), "reference/invalid", "\\x1b");
    EXPECT_ERROR(Reference::parse("ghcr.io/" + std::string(256, 'a')), "reference/invalid", "255");
}

TEST(Reference, NeverRepeatsAPassword) {
    const auto reference = Reference::parse("bob:s3cret@ghcr.io/acme/api:1");
    ASSERT_FALSE(reference);
    EXPECT_EQ((reference.error().message + reference.error().hint).find("s3cret"),
              std::string::npos);
}

}  // namespace
}  // namespace pycontainer::oci
