// pycontainer-sources DIRECTORY|SDIST...: a line of JSON for each, with the files that a wheel of
// it would hold and their digests, or with the error.

#include "base/digest.hpp"
#include "base/json.hpp"
#include "sources/archive_tree.hpp"
#include "sources/distribution.hpp"

#include <cstdio>

namespace pycontainer::sources {
namespace {

Result<Json> describe(const exec::Context& ctx, const std::filesystem::path& place) {
    PYC_TRY_ASSIGN(const auto tree, std::filesystem::is_directory(place)
                                        ? Tree::read_directory(ctx, place)
                                        : read_sdist(ctx, place, place.filename().string()));
    PYC_TRY_ASSIGN(const auto distribution, read_distribution(tree));
    Json files = Json::object();
    for (const auto& file : distribution.files) {
        PYC_TRY_ASSIGN(const auto content, read_content(file.content));
        files[file.path] = Digest::of(content).hex();
        if (file.path.ends_with(".dist-info/METADATA"))
            files["METADATA"] = content;
        else if (file.path.ends_with(".dist-info/entry_points.txt"))
            files["entry_points.txt"] = content;
    }
    return Json{{"name", distribution.metadata.name},
                {"version", distribution.metadata.version},
                {"files", std::move(files)}};
}

class NoEvents final : public exec::EventSink {
public:
    void emit(const exec::Event&) noexcept override {}
};

int run(std::span<char*> arguments) {
    NoEvents events;
    const Environment environment(std::map<std::string, std::string, std::less<>>{});
    const exec::Context ctx(std::stop_token(), events, environment, 1);
    for (const char* argument : arguments) {
        const auto answer = describe(ctx, argument);
        const auto line = answer ? dump_json(*answer)
                                 : dump_json(Json{{"error", answer.error().code},
                                                  {"message", answer.error().message}});
        std::puts(line.c_str());
    }
    return 0;
}

}  // namespace
}  // namespace pycontainer::sources

int main(int count, char** arguments) {
    return pycontainer::sources::run({arguments + 1, static_cast<std::size_t>(count - 1)});
}
