# Every header of every room compiles alone: truckee_house_headers holds one unit a header that includes nothing else. Not part of
# `all`, for it costs minutes; `./dev headers` builds it, and after the first time only what changed.
file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/layers.txt rooms REGEX "^[a-z_]+:")
list(TRANSFORM rooms REPLACE ":.*" "")
set(units)
foreach(room ${rooms})
  file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${room}/*.hpp)
  foreach(header ${headers})
    string(MAKE_C_IDENTIFIER ${header} unit)
    set(unit ${CMAKE_CURRENT_BINARY_DIR}/headers/${unit}.cpp)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"truckee/${header}\"\n")
    list(APPEND units ${unit})
  endforeach()
endforeach()
add_library(truckee_house_headers OBJECT EXCLUDE_FROM_ALL ${units})
target_link_libraries(truckee_house_headers PRIVATE truckee::actors truckee::status truckee::cli_parts truckee_options
  PkgConfig::TRUCKEE_HTTPLIB PkgConfig::TRUCKEE_PROMETHEUS PkgConfig::TRUCKEE_TOMLPP nlohmann_json::nlohmann_json OpenSSL::SSL)
target_compile_options(truckee_house_headers PRIVATE -O0 -g0 -U_FORTIFY_SOURCE)
