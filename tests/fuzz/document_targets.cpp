// Documents of registries, indexes and users.

#include "target.hpp"

#include "base/json.hpp"
#include "credentials/base64.hpp"
#include "credentials/docker_config.hpp"
#include "credentials/netrc.hpp"
#include "index/ini.hpp"
#include "index/page_cache.hpp"
#include "index/simple_page.hpp"
#include "net/url.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "oci/media_types.hpp"
#include "oci/reference.hpp"
#include "registry/challenge.hpp"
#include "registry/grant.hpp"
#include "registry/host_settings.hpp"

using namespace pycontainer;
using fuzz::require;

FUZZ_TARGET(reference) {
    const auto reference = oci::Reference::parse(input);
    if (!reference) return;
    const auto again = oci::Reference::parse(reference->to_full_string());
    require(again.has_value(), "a full reference is a reference");
    require(again->to_full_string() == reference->to_full_string(), "and stays the same");
}

FUZZ_TARGET(url) {
    const auto url = net::Url::parse(input);
    if (url) static_cast<void>(url->resolve("../a?b"));
}

FUZZ_TARGET(manifest) {
    if (const auto manifest = oci::Manifest::parse(input, oci::kImageManifest)) {
        const auto bytes = manifest->to_bytes();
        require(oci::Manifest::parse(bytes, oci::kImageManifest).has_value(),
                "a written manifest is a manifest");
    }
    static_cast<void>(oci::ImageIndex::parse(input));
}

FUZZ_TARGET(image_config) {
    auto config = oci::ImageConfig::parse(input);
    if (!config) return;
    config->complete_history("1970-01-01T00:00:00Z");
    config->set_env("PATH", "/bin");
    require(oci::ImageConfig::parse(config->to_bytes()).has_value(),
            "a written configuration is a configuration");
}

FUZZ_TARGET(docker_config) {
    static_cast<void>(credentials::DockerConfig::parse(input, "config.json"));
}

FUZZ_TARGET(netrc) {
    static_cast<void>(credentials::find_in_netrc(input, "quay.io:443"));
}

FUZZ_TARGET(host_settings) {
    registry::HostSettings settings;
    settings.read_registries_conf(input);
    settings.read_daemon_json(input);
    static_cast<void>(settings.is_insecure("10.0.0.1:5000"));
    static_cast<void>(settings.mirrors(*oci::Reference::parse("python:3.12")));
}

FUZZ_TARGET(challenge) {
    const std::vector<std::string> fields{std::string(input), std::string(input)};
    for (const auto& challenge : registry::parse_challenges(fields))
        require(!challenge.scheme.empty(), "a challenge has a scheme");
}

FUZZ_TARGET(grant) {
    const auto answer = parse_json(input, "the answer");
    const auto grant = registry::Grant::read(answer ? *answer : Json::object(),
                                             "e30." + credentials::to_base64(input) + ".c2ln");
    if (grant) static_cast<void>(grant->describe("acme/api"));
}

FUZZ_TARGET(ini) {
    const auto ini = index::parse_ini(input, "pip.conf");
    if (!ini) return;
    for (const auto& [section, options] : *ini)
        for (const auto& [name, value] : options) require(value.line > 0, "a value has a line");
}

FUZZ_TARGET(simple_page) {
    const auto page = net::Url::parse("https://index.example/simple/a/");
    for (const auto* type : {"text/html", "application/vnd.pypi.simple.v1+json"})
        static_cast<void>(index::parse_simple_page(type, input, *page));
}

FUZZ_TARGET(packed_files) {
    for (const auto& file : index::unpack_files(input)) {
        const auto packed = index::pack_files({file});
        require(!packed || index::unpack_files(*packed).size() == 1,
                "what is packed can be unpacked");
    }
}
