# Every third-party library, found once. Nothing is downloaded here: script/setup installs the packages, script/static-deps
# makes static builds of them for the release preset.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(LibArchive REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)

# libdeflate: a CMake package in newer distributions, pkg-config only in Debian 12.
find_package(libdeflate QUIET CONFIG)
if(TARGET libdeflate::libdeflate_static)
  add_library(pycontainer_libdeflate ALIAS libdeflate::libdeflate_static)
elseif(TARGET libdeflate::libdeflate_shared)
  add_library(pycontainer_libdeflate ALIAS libdeflate::libdeflate_shared)
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
  add_library(pycontainer_libdeflate ALIAS PkgConfig::LIBDEFLATE)
endif()

# ISA-L, whose inflater reads streams several times faster than zlib's. Debian has it with pkg-config only.
find_package(libisal QUIET CONFIG)
if(TARGET libisal::libisal)
  add_library(pycontainer_isal ALIAS libisal::libisal)
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(LIBISAL REQUIRED IMPORTED_TARGET libisal)
  add_library(pycontainer_isal ALIAS PkgConfig::LIBISAL)
endif()

# zstd: a CMake package in the static build and newer distributions, pkg-config everywhere.
find_package(zstd QUIET CONFIG)
if(TARGET zstd::libzstd_static)
  add_library(pycontainer_zstd ALIAS zstd::libzstd_static)
elseif(TARGET zstd::libzstd_shared)
  add_library(pycontainer_zstd ALIAS zstd::libzstd_shared)
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(LIBZSTD REQUIRED IMPORTED_TARGET libzstd)
  add_library(pycontainer_zstd ALIAS PkgConfig::LIBZSTD)
endif()

# What an executable links first to get its allocator: mimalloc in the static build, since musl's own has one lock for
# all threads; nothing otherwise.
add_library(pycontainer_allocator INTERFACE)
if(PYC_STATIC)
  find_package(mimalloc REQUIRED)
  target_link_libraries(pycontainer_allocator INTERFACE mimalloc::object)
endif()

if(PYC_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
