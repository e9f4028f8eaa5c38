# One CMake target a folder: truckee_<folder>, with the alias truckee::<folder>.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers and ccache agree only when time macros and header times are left out.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
endif()

add_library(truckee_options INTERFACE)
target_compile_options(truckee_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
  # g++ 12 reports these falsely inside std::string and std::vector (GCC bugs 105329, 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overread>
  $<$<BOOL:${TRUCKEE_WERROR}>:-Werror>)
if(CCACHE)
  target_compile_options(truckee_options INTERFACE -fpch-preprocess)
endif()
if(TRUCKEE_SANITIZE)
  add_compile_options(-fsanitize=${TRUCKEE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRUCKEE_SANITIZE})
  add_compile_definitions(TRUCKEE_INSTRUMENTED=1)
endif()
# Clang counts what stands in the source; gcov also counts the branches that the compiler adds for exceptions.
if(TRUCKEE_COVERAGE)
  # Counters that live in their file, so that a process that is killed has counted.
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping -fprofile-update=atomic
                      "SHELL:-mllvm -runtime-counter-relocation")
  add_link_options(-fprofile-instr-generate)
  add_compile_definitions(TRUCKEE_INSTRUMENTED=1)
endif()

# Headers are "truckee/ROOM/...", here as in an installed tree, so that a host's own folders never meet ours: each room has
# a link below the build's include/truckee.
set(TRUCKEE_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
function(truckee_headers folder)
  file(MAKE_DIRECTORY ${TRUCKEE_INCLUDE_DIR}/truckee)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${TRUCKEE_INCLUDE_DIR}/truckee/${folder} SYMBOLIC)
endfunction()

# truckee_room(NAME SOURCES a.cpp ... DEPENDS target ...)
# A room without sources is an interface library.
function(truckee_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS" ${ARGN})
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  truckee_headers(${folder})
  if(ROOM_SOURCES)
    add_library(truckee_${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(truckee_${name} PUBLIC ${ROOM_DEPENDS} PRIVATE truckee_options)
    target_include_directories(truckee_${name} PUBLIC $<BUILD_INTERFACE:${TRUCKEE_INCLUDE_DIR}>)
    target_compile_features(truckee_${name} PUBLIC cxx_std_20)
  else()
    add_library(truckee_${name} INTERFACE)
    target_link_libraries(truckee_${name} INTERFACE ${ROOM_DEPENDS})
    target_include_directories(truckee_${name} INTERFACE $<BUILD_INTERFACE:${TRUCKEE_INCLUDE_DIR}>)
    target_compile_features(truckee_${name} INTERFACE cxx_std_20)
  endif()
  add_library(truckee::${name} ALIAS truckee_${name})
endfunction()

# truckee_test(ROOM SOURCES a_test.cpp ... DEPENDS target ... [TIMEOUT seconds] [SLOW])
# One executable a room, truckee_ROOM_tests; every TEST in it is one ctest test named ROOM.Suite.Name. SLOW: labelled `slow`, and left
# out by `./dev test --quick`. (A test has one label: gtest_discover_tests loses the others.)
function(truckee_test room)
  cmake_parse_arguments(T "SLOW" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  set(label ${room})
  if(T_SLOW)
    set(label slow)
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  if(TRUCKEE_SANITIZE OR TRUCKEE_COVERAGE)
    math(EXPR T_TIMEOUT "5 * ${T_TIMEOUT}")
  endif()
  set(target truckee_${room}_tests)
  add_executable(${target} ${T_SOURCES})
  target_link_libraries(${target} PRIVATE ${T_DEPENDS} truckee_options truckee_test_support GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${target}
    TEST_PREFIX "${room}."
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS ${label})
endfunction()
