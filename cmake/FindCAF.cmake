# Finds the C++ Actor Framework and defines CAF::core, CAF::io and CAF::openssl.
#
# CAF_ROOT empty: the system's package (Debian's CAF 0.17 ships no CMake files, so headers and libraries are looked up).
# CAF_ROOT set:   the config package below that prefix, and nothing else.

if(CAF_ROOT)
  # CAF's config file looks for OpenSSL itself; the caller has found it already, so both see the same one.
  find_package(CAF_CONFIG NAMES CAF CONFIG REQUIRED
               COMPONENTS core io openssl
               PATHS ${CAF_ROOT} NO_DEFAULT_PATH)
  set(CAF_FOUND TRUE)
  set(CAF_VERSION ${CAF_CONFIG_VERSION})
else()
  find_path(CAF_INCLUDE_DIR caf/all.hpp)
  foreach(component core io openssl)
    find_library(CAF_${component}_LIBRARY caf_${component})
  endforeach()
  include(FindPackageHandleStandardArgs)
  find_package_handle_standard_args(CAF REQUIRED_VARS
    CAF_INCLUDE_DIR CAF_core_LIBRARY CAF_io_LIBRARY CAF_openssl_LIBRARY)
  foreach(component core io openssl)
    if(NOT TARGET CAF::${component})
      add_library(CAF::${component} UNKNOWN IMPORTED)
      set_target_properties(CAF::${component} PROPERTIES
        IMPORTED_LOCATION ${CAF_${component}_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR})
    endif()
  endforeach()
  target_link_libraries(CAF::core INTERFACE Threads::Threads)
  target_link_libraries(CAF::io INTERFACE CAF::core)
  target_link_libraries(CAF::openssl INTERFACE CAF::io OpenSSL::SSL OpenSSL::Crypto)
endif()
