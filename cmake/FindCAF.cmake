# Finds the C++ Actor Framework: targets CAF::core, CAF::io and CAF_VERSION ("0.17.6"; empty where a host's
# targets do not tell). The targets are a host's own where it has them, and are changed in no way.
#
# TRUCKEE_CAF_PREFIX set: CAF's config package below that prefix, and nothing else.
# Otherwise: a config package where CMake finds one; Debian's CAF 0.17 ships none, so headers and libraries are looked for.

set(caf_components core io)
if(TARGET CAF::core)
  foreach(component ${caf_components})
    if(NOT TARGET CAF::${component})
      set(CAF_NOT_FOUND_MESSAGE "the CAF of this project has no CAF::${component}; Truckee needs core and io")
      set(CAF_FOUND FALSE)
      if(CAF_FIND_REQUIRED)
        message(FATAL_ERROR ${CAF_NOT_FOUND_MESSAGE})
      endif()
      return()
    endif()
  endforeach()
  set(CAF_FOUND TRUE)
  return()
endif()

if(TRUCKEE_CAF_PREFIX)
  find_package(CAF_CONFIG NAMES CAF CONFIG REQUIRED
               COMPONENTS ${caf_components}
               PATHS ${TRUCKEE_CAF_PREFIX} NO_DEFAULT_PATH)
else()
  find_package(CAF_CONFIG NAMES CAF CONFIG QUIET COMPONENTS ${caf_components} HINTS ${CAF_ROOT})
endif()
if(CAF_CONFIG_FOUND)
  set(CAF_FOUND TRUE)
  set(CAF_VERSION ${CAF_CONFIG_VERSION})
  return()
endif()

find_path(CAF_INCLUDE_DIR caf/all.hpp)
foreach(component ${caf_components})
  find_library(CAF_${component}_LIBRARY caf_${component})
  mark_as_advanced(CAF_${component}_LIBRARY)
endforeach()
mark_as_advanced(CAF_INCLUDE_DIR)
if(CAF_INCLUDE_DIR)
  # 1706 is 0.17.6, 10100 is 1.1.0.
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp caf_line REGEX "#define CAF_VERSION [0-9]+")
  if(caf_line MATCHES "CAF_VERSION ([0-9]+)")
    math(EXPR caf_major "${CMAKE_MATCH_1} / 10000")
    math(EXPR caf_minor "${CMAKE_MATCH_1} / 100 % 100")
    math(EXPR caf_patch "${CMAKE_MATCH_1} % 100")
    set(CAF_VERSION ${caf_major}.${caf_minor}.${caf_patch})
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_INCLUDE_DIR CAF_core_LIBRARY CAF_io_LIBRARY
  VERSION_VAR CAF_VERSION)
if(CAF_FOUND)
  foreach(component ${caf_components})
    add_library(CAF::${component} UNKNOWN IMPORTED)
    set_target_properties(CAF::${component} PROPERTIES
      IMPORTED_LOCATION ${CAF_${component}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR})
  endforeach()
endif()
