# One CMake target a folder: truckee_FOLDER, with the alias truckee::FOLDER inside this project. What others link are the
# components of TruckeeLibraries.cmake. All that is set here for directories holds from this project down, never above it.

if(PROJECT_IS_TOP_LEVEL)
  find_program(CCACHE ccache)
  if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers and ccache agree only when time macros are left out. Times of headers are not: one that was written
    # while a compiler ran may not be what it read, and nothing made of it is kept.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros
        ${CMAKE_CURRENT_LIST_DIR}/ccache.sh)
  endif()
  find_program(MOLD mold)
  if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_link_options(-fuse-ld=mold)
  endif()
endif()

add_library(truckee_options INTERFACE)
if(PROJECT_IS_TOP_LEVEL OR TRUCKEE_WERROR)
  target_compile_options(truckee_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
    # g++ 12 reports these falsely inside std::string and std::vector (GCC bugs 105329, 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overread>
    # A private struct of parts that one source alone names: g++ takes it for a header's in a unity build.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>
    $<$<BOOL:${TRUCKEE_WERROR}>:-Werror>)
else()
  # A host's warnings, and those it made errors, are about its own sources.
  target_compile_options(truckee_options INTERFACE -w)
endif()
target_compile_options(truckee_options INTERFACE
  # The same bytes, whichever folder this is built in. (The last that fits holds.)
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  target_compile_options(truckee_options INTERFACE -fpch-preprocess)
endif()
if(TRUCKEE_SANITIZE)
  add_compile_options(-fsanitize=${TRUCKEE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TRUCKEE_SANITIZE})
  add_compile_definitions(TRUCKEE_INSTRUMENTED=1)
endif()
if(TRUCKEE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
# Bytes of others come in everywhere, so a slip must end the process and not lead it. For this project as a whole only: a host
# decides for its own, and the flags are of this build's folders, never of what is installed. Sanitizers bring their own.
if(PROJECT_IS_TOP_LEVEL AND TRUCKEE_HARDENED AND NOT TRUCKEE_SANITIZE AND NOT TRUCKEE_COVERAGE)
  include(CheckCXXCompilerFlag)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -D_GLIBCXX_ASSERTIONS
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
  check_cxx_compiler_flag(-fcf-protection TRUCKEE_HAS_CF_PROTECTION) # x86 only
  if(TRUCKEE_HAS_CF_PROTECTION)
    add_compile_options(-fcf-protection)
  endif()
  add_link_options(-Wl,-z,relro,-z,now)
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

# Several sources at once, where that is wanted (TRUCKEE_UNITY, or a host's own CMAKE_UNITY_BUILD): each source of actors has half a
# minute of the same templates in it.
function(truckee_unity target)
  if(TRUCKEE_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 4)
  endif()
endfunction()

# truckee_room(NAME SOURCES a.cpp ... DEPENDS target ... [USES target ...])
# DEPENDS: what the room's headers name; whoever links the room gets it. USES: what only its sources name. A host sees
# none of the latter's definitions and include paths.
# A room without sources is an interface library. Rooms are static, and fit into a shared library.
function(truckee_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS;USES" ${ARGN})
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  truckee_headers(${folder})
  # "truckee::messages" is a room here, and outside the component that is made of it and others.
  list(TRANSFORM ROOM_DEPENDS REPLACE "^truckee::" "truckee_")
  list(TRANSFORM ROOM_USES REPLACE "^truckee::" "truckee_")
  if(ROOM_SOURCES)
    add_library(truckee_${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(truckee_${name} PUBLIC ${ROOM_DEPENDS} PRIVATE ${ROOM_USES} truckee_options)
    target_include_directories(truckee_${name} PUBLIC ${TRUCKEE_INCLUDE_DIR})
    target_compile_features(truckee_${name} PUBLIC cxx_std_20)
    # Nobody replaces our functions from outside, so the compiler may inline them as in a program.
    target_compile_options(truckee_${name} PRIVATE -fno-semantic-interposition)
    set_target_properties(truckee_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    truckee_unity(truckee_${name})
  else()
    add_library(truckee_${name} INTERFACE)
    target_link_libraries(truckee_${name} INTERFACE ${ROOM_DEPENDS})
    target_include_directories(truckee_${name} INTERFACE ${TRUCKEE_INCLUDE_DIR})
    target_compile_features(truckee_${name} INTERFACE cxx_std_20)
  endif()
  set_target_properties(truckee_${name} PROPERTIES ROOM_DEPENDS "${ROOM_DEPENDS}" ROOM_USES "${ROOM_USES}")
  if(NOT name IN_LIST TRUCKEE_COMPONENTS)
    add_library(truckee::${name} ALIAS truckee_${name})
  endif()
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
  list(TRANSFORM T_DEPENDS REPLACE "^truckee::" "truckee_")
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  if(TRUCKEE_SANITIZE OR TRUCKEE_COVERAGE)
    math(EXPR T_TIMEOUT "5 * ${T_TIMEOUT}")
  endif()
  set(target truckee_${room}_tests)
  add_executable(${target} ${T_SOURCES})
  if(TRUCKEE_SANITIZE STREQUAL "thread")
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/tsan_suppressions.cpp)
  endif()
  target_link_libraries(${target} PRIVATE ${T_DEPENDS} truckee_options truckee_test_support GTest::gtest_main)
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  include(GoogleTest)
  gtest_discover_tests(${target}
    TEST_PREFIX "${room}."
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS ${label})
endfunction()
