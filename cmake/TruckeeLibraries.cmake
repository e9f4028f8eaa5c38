# What others link: components, the same in a build of theirs (add_subdirectory) and installed (find_package).
#   truckee::messages   what a program needs that drives a gateway elsewhere   libtruckee_messages
#   truckee::client     clients in a program of one's own                      libtruckee, above libtruckee_messages
#   truckee::storage    storage servers in a program of one's own              libtruckee as well: clients embed servers
# Each library is made of the objects of its rooms, shared or static by BUILD_SHARED_LIBS.
set(TRUCKEE_COMPONENTS messages client storage)

# truckee_parts(ROOMS OTHERS target...): which of the targets are rooms, and which come from outside.
function(truckee_parts rooms others)
  set(is_room)
  set(is_other)
  foreach(target ${ARGN})
    if(target MATCHES "^truckee_" AND NOT target STREQUAL "truckee_caf")
      list(APPEND is_room ${target})
    elseif(NOT target MATCHES "^nlohmann_json::") # headers alone, and never in a header of ours
      list(APPEND is_other ${target})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES is_other)
  set(${rooms} ${is_room} PARENT_SCOPE)
  set(${others} ${is_other} PARENT_SCOPE)
endfunction()

# truckee_closure(OUT room...): these rooms and all below them.
function(truckee_closure out)
  set(all)
  set(next ${ARGN})
  while(next)
    list(POP_FRONT next room)
    if(room IN_LIST all)
      continue()
    endif()
    list(APPEND all ${room})
    get_target_property(depends ${room} ROOM_DEPENDS)
    get_target_property(uses ${room} ROOM_USES)
    truckee_parts(below others ${depends} ${uses})
    list(APPEND next ${below})
  endwhile()
  set(${out} ${all} PARENT_SCOPE)
endfunction()

# truckee_library(TARGET OUTPUT_NAME ROOMS ... BELOW library...)
function(truckee_library target output)
  cmake_parse_arguments(L "" "" "ROOMS;BELOW" ${ARGN})
  set(public)
  set(private)
  set(definitions)
  add_library(${target})
  foreach(room ${L_ROOMS})
    get_target_property(type ${room} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${room}>)
    endif()
    get_target_property(depends ${room} ROOM_DEPENDS)
    get_target_property(uses ${room} ROOM_USES)
    get_target_property(defined ${room} INTERFACE_COMPILE_DEFINITIONS)
    if(defined)
      list(APPEND definitions ${defined})
    endif()
    list(APPEND public ${depends})
    list(APPEND private ${uses})
  endforeach()
  truckee_parts(rooms public ${public})
  truckee_parts(rooms private ${private})
  if(public)
    list(REMOVE_ITEM private ${public})
  endif()
  target_link_libraries(${target} PUBLIC ${L_BELOW} ${public} PRIVATE ${private})
  target_compile_definitions(${target} INTERFACE ${definitions})
  target_compile_features(${target} INTERFACE cxx_std_20)
  # Their warnings are not about our headers.
  target_include_directories(${target} SYSTEM INTERFACE
    $<BUILD_INTERFACE:${TRUCKEE_INCLUDE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Before 1.0 every minor version is another binary interface.
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${output} LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    INSTALL_RPATH "$ORIGIN" # one finds the other
    TRUCKEE_PUBLIC "${public}" TRUCKEE_PRIVATE "${private}")
endfunction()

# Once all rooms are there.
function(truckee_libraries)
  set(top truckee_messages)
  if(TARGET truckee_control)
    set(top truckee_control)
  endif()
  truckee_closure(speaking ${top})
  truckee_closure(all truckee_actors)
  list(REMOVE_ITEM all ${speaking})
  truckee_library(truckee_messages_library truckee_messages ROOMS ${speaking})
  truckee_library(truckee_library truckee ROOMS ${all} BELOW truckee_messages_library)
  set_target_properties(truckee_messages_library PROPERTIES EXPORT_NAME messages)
  set_target_properties(truckee_library PROPERTIES EXPORT_NAME library)
  add_library(truckee::messages ALIAS truckee_messages_library)
  foreach(component client storage)
    add_library(truckee_${component}_component INTERFACE)
    target_link_libraries(truckee_${component}_component INTERFACE truckee_library)
    set_target_properties(truckee_${component}_component PROPERTIES EXPORT_NAME ${component})
    add_library(truckee::${component} ALIAS truckee_${component}_component)
  endforeach()
endfunction()
