# truckee and libtruckee-dev as Debian packages, by CPack: ./dev package. The library is static there: before 1.0 its binary
# interface changes with every minor version, and so does that of the CAF it stands on.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME truckee)
set(CPACK_PACKAGE_VENDOR "the Truckee authors")
set(CPACK_PACKAGE_CONTACT "Truckee maintainers <maintainers@truckee.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/strip.cmake)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME truckee)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS prometheus)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/debian/postinst ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
    ${PROJECT_SOURCE_DIR}/packaging/debian/postrm)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "publishes encrypted files on servers that need not be trusted
Truckee publishes Tahoe-LAFS mutable files: encrypted, cut into signed,
erasure-coded shares, and spread over storage servers, any few of which
give the file back.
.
This package has the program (client, gateway, storage server), systemd
units for gateway and storage server, and rules, alerts and a dashboard
for Prometheus and Grafana.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libtruckee-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    libcaf-dev libssl-dev libexpected-dev libfmt-dev libspdlog-dev prometheus-cpp-dev libisal-dev libsodium-dev
    libtomlplusplus-dev libcpp-httplib-dev libcbor-dev libcurl4-openssl-dev)
list(JOIN CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "cmake, pkg-config")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "CAF actors that publish Tahoe-LAFS mutable files (development files)
Truckee publishes Tahoe-LAFS mutable files: encrypted, cut into signed,
erasure-coded shares, and spread over storage servers, any few of which
give the file back.
.
This package has the headers and static libraries to put clients and
storage servers into C++20 programs of one's own, or to drive a gateway
from them by message, with files for CMake and pkg-config.")
include(CPack)
