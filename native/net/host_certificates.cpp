#include "net/host_certificates.hpp"

#include <algorithm>

namespace pycontainer::net {
namespace {

std::vector<std::filesystem::path> places(const Environment& environment,
                                          const std::filesystem::path& root) {
    std::vector<std::filesystem::path> found;
    const auto add = [&](const std::filesystem::path& base) {
        found.push_back(base / "containers" / "certs.d");
        found.push_back(base / "docker" / "certs.d");
    };
    const auto home = environment.find_nonempty("HOME");
    if (const auto config = environment.find_nonempty("XDG_CONFIG_HOME"))
        add(*config);
    else if (home)
        add(std::filesystem::path(*home) / ".config");
    if (home) found.push_back(std::filesystem::path(*home) / ".docker" / "certs.d");
    add(root / "etc");
    return found;
}

}  // namespace

Result<HostCertificates> find_host_certificates(const Environment& environment,
                                                const std::string& host_and_port,
                                                const std::filesystem::path& root) {
    HostCertificates certificates;
    for (const auto& place : places(environment, root)) {
        std::error_code error;
        std::vector<std::filesystem::path> files;
        for (std::filesystem::directory_iterator entry(place / host_and_port, error), end;
             !error && entry != end; entry.increment(error))
            files.push_back(entry->path());
        if (files.empty()) continue;
        std::sort(files.begin(), files.end());
        for (const auto& file : files) {
            if (file.extension() == ".crt")
                certificates.authorities.push_back({file, false, place.string()});
            if (file.extension() != ".cert" || certificates.client) continue;
            auto key = file;
            key.replace_extension(".key");
            if (!std::filesystem::is_regular_file(key, error))
                return fail("net/tls", "the certificate `{}` has no key `{}` beside it",
                            file.string(), key.filename().string())
                    .hint("put the key there, or take the certificate away");
            certificates.client = ClientCertificate{file, key};
        }
        return certificates;
    }
    return certificates;
}

}  // namespace pycontainer::net
