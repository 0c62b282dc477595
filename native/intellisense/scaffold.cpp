#include "intellisense/scaffold.hpp"

#include "base/strings.hpp"
#include "intellisense/key_info.hpp"
#include "intellisense/source.hpp"

#include <fmt/format.h>

namespace pycontainer::intellisense {

std::string scaffold(const ProjectView& view) {
    std::string text = "[build]\n";
    const auto comment = [&](const std::string& line, const std::string& why) {
        text += "# " + line + (why.empty() ? "" : "  # " + printable(why, 120)) + "\n";
    };
    if (view.python)
        comment("base_image = " + toml_string("python:" + view.python->minor + "-slim"),
                view.python->evidence);
    if (view.facts) {
        const auto& facts = *view.facts;
        comment("entrypoint = " + toml_text(Json(facts.entrypoint.argv)),
                facts.entrypoint.evidence);
        if (!facts.entrypoint.ports.empty()) {
            Json ports = Json::array();
            for (const auto& port : facts.entrypoint.ports) ports.push_back(port.value);
            comment("ports = " + toml_text(ports), facts.entrypoint.ports.front().evidence);
        }
        comment("tags = [" + toml_string(facts.identity.normalized_name + ":latest") + "]", {});
    } else {
        text += "# What the container runs could not be found: " +
                printable(view.facts.error().message, 200) + "\n";
        text += "entrypoint = [\"python\", \"-m\", \"app\"]\n";
    }
    comment("platforms = [\"linux/amd64\", \"linux/arm64\"]", {});
    text += "\n# [build.env]\n# LOG_LEVEL = \"info\"\n\n# [registry]\n# url = \"ghcr.io/OWNER/" +
            (view.facts ? view.facts->identity.normalized_name : std::string("NAME")) + "\"\n";
    return text;
}

}  // namespace pycontainer::intellisense
