#include "install/venv.hpp"

#include <filesystem>

namespace pycontainer::install {

std::vector<archive::FileEntry> venv_skeleton(const Scheme& scheme, const Interpreter& interpreter,
                                              std::int64_t mtime) {
    std::vector<archive::FileEntry> entries;
    const auto bin = scheme.scripts();
    for (const auto& directory :
         archive::missing_parents({bin + "/x", scheme.site_packages() + "/x"}))
        entries.push_back(archive::directory_entry(directory, mtime));

    // PEP 405: `home` is where the base interpreter is; `sys.prefix` is where pyvenv.cfg is.
    entries.push_back(archive::text_entry(
        scheme.prefix + "/pyvenv.cfg",
        fmt::format("home = {}\ninclude-system-site-packages = false\nversion = {}\n",
                    std::filesystem::path(interpreter.path).parent_path().string(),
                    interpreter.version),
        mtime));
    entries.push_back(archive::symlink_entry(bin + "/python", interpreter.path, mtime));
    entries.push_back(archive::symlink_entry(bin + "/python3", "python", mtime));
    entries.push_back(archive::symlink_entry(fmt::format("{}/python3.{}", bin, scheme.python_minor),
                                             "python", mtime));
    if (scheme.lib_name.ends_with('t'))
        entries.push_back(
            archive::symlink_entry(fmt::format("{}/{}", bin, scheme.lib_name), "python", mtime));
    entries.push_back(archive::symlink_entry(scheme.prefix + "/lib64", "lib", mtime));
    return entries;
}

}  // namespace pycontainer::install
