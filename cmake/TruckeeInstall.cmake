# What `cmake --install` puts where. Two components: program, development.

if(PROJECT_IS_TOP_LEVEL AND CMAKE_LIBRARY_ARCHITECTURE AND EXISTS /etc/debian_version
   AND CMAKE_INSTALL_LIBDIR STREQUAL "lib")
  # Debian's compilers, CMake and pkg-config look there below every usual prefix.
  set(CMAKE_INSTALL_LIBDIR lib/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
include(CMakePackageConfigHelpers)
set(place ${CMAKE_INSTALL_LIBDIR}/cmake/truckee)

# -- libraries --
install(TARGETS truckee_caf truckee_messages_library truckee_library truckee_client_component truckee_storage_component
        EXPORT truckee COMPONENT development)
install(EXPORT truckee FILE truckeeTargets.cmake NAMESPACE truckee:: DESTINATION ${place} COMPONENT development)

# -- headers: those that the public ones reach, found when they are installed --
configure_file(${PROJECT_SOURCE_DIR}/cmake/install_headers.cmake.in ${PROJECT_BINARY_DIR}/install_headers.cmake @ONLY)
install(SCRIPT ${PROJECT_BINARY_DIR}/install_headers.cmake COMPONENT development)

# -- find_package(truckee) --
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/truckeeConfig.cmake.in ${PROJECT_BINARY_DIR}/truckeeConfig.cmake
                              INSTALL_DESTINATION ${place})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/truckeeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/truckeeConfig.cmake ${PROJECT_BINARY_DIR}/truckeeConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake
        DESTINATION ${place} COMPONENT development)

# -- pkg-config truckee, truckee-messages --
# Flags instead of names in Requires, which would hand on every definition of a library that only our sources use.
set(flags_truckee_caf -lcaf_io -lcaf_core -pthread)
set(flags_Threads::Threads "-pthread")
set(flags_OpenSSL::SSL "-lssl")
set(flags_OpenSSL::Crypto "-lcrypto")
set(flags_tl::expected "")
set(flags_fmt::fmt "-lfmt")
set(flags_spdlog::spdlog "-lspdlog")
set(flags_PkgConfig::TRUCKEE_PROMETHEUS "-lprometheus-cpp-core")
set(flags_PkgConfig::TRUCKEE_ISAL "-lisal")
set(flags_PkgConfig::TRUCKEE_SODIUM "-lsodium")
set(flags_PkgConfig::TRUCKEE_TOMLPP "-ltomlplusplus")
set(flags_PkgConfig::TRUCKEE_CBOR "-lcbor")
set(flags_PkgConfig::TRUCKEE_CURL "-lcurl")
set(flags_PkgConfig::TRUCKEE_HTTPLIB "-lcpp-httplib")
set(flags_dl "-ldl")
if(TRUCKEE_CAF_PREFIX)
  set(caf_cflags "-I${TRUCKEE_CAF_PREFIX}/include")
  list(PREPEND flags_truckee_caf -L${TRUCKEE_CAF_PREFIX}/lib)
endif()
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
foreach(name truckee-messages truckee)
  set(library truckee_library)
  set(requires "truckee-messages = ${PROJECT_VERSION}")
  set(what "clients and storage servers")
  if(name STREQUAL "truckee-messages")
    set(library truckee_messages_library)
    set(requires "")
    set(what "messages for a gateway that runs elsewhere")
  endif()
  get_target_property(wanted ${library} TRUCKEE_PUBLIC)
  get_target_property(private ${library} TRUCKEE_PRIVATE)
  get_target_property(output ${library} OUTPUT_NAME)
  get_target_property(definitions ${library} INTERFACE_COMPILE_DEFINITIONS)
  if(NOT BUILD_SHARED_LIBS) # then these are nobody else's to bring
    list(APPEND wanted ${private})
  endif()
  set(libs -l${output})
  foreach(target ${wanted})
    if(NOT DEFINED flags_${target})
      message(FATAL_ERROR "cmake/TruckeeInstall.cmake does not know how a linker names ${target}")
    endif()
    list(APPEND libs ${flags_${target}})
  endforeach()
  list(REMOVE_DUPLICATES libs)
  list(JOIN libs " " libs)
  set(cflags ${caf_cflags})
  foreach(definition ${definitions})
    if(definition)
      string(APPEND cflags " -D${definition}")
    endif()
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/truckee.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()

# -- the program --
if(TRUCKEE_PROGRAM)
  set(pages ${PROJECT_BINARY_DIR}/pages)
  file(MAKE_DIRECTORY ${pages})
  set(made)
  # truckee_page(FILE COMMAND...): what the program writes of itself.
  function(truckee_page file)
    add_custom_command(OUTPUT ${pages}/${file} DEPENDS truckee COMMAND ${ARGN} > ${pages}/${file} VERBATIM)
    set(made ${made} ${pages}/${file} PARENT_SCOPE)
  endfunction()
  truckee_page(truckee.bash truckee help --completion bash)
  truckee_page(_truckee truckee help --completion zsh)
  truckee_page(truckee.fish truckee help --completion fish)
  truckee_page(truckee.1 truckee help --man)
  add_custom_command(OUTPUT ${pages}/truckee.1.gz DEPENDS ${pages}/truckee.1
    COMMAND gzip -9nc ${pages}/truckee.1 > ${pages}/truckee.1.gz VERBATIM)
  list(APPEND made ${pages}/truckee.1.gz)
  if(TRUCKEE_DPKG_QUERY)
    truckee_page(truckee.spdx.json ${PROJECT_SOURCE_DIR}/packaging/with_date
                                   ${PROJECT_SOURCE_DIR}/packaging/spdx $<TARGET_FILE:truckee> ${PROJECT_VERSION})
    install(FILES ${pages}/truckee.spdx.json DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
  endif()
  add_custom_target(truckee_pages ALL DEPENDS ${made})

  install(TARGETS truckee COMPONENT program)
  install(FILES ${pages}/truckee.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES ${pages}/truckee.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME truckee COMPONENT program)
  install(FILES ${pages}/_truckee DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
  install(FILES ${pages}/truckee.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
  set(configs ${PROJECT_SOURCE_DIR}/configs)
  install(DIRECTORY ${configs}/systemd/ DESTINATION lib/systemd/system COMPONENT program)
  install(FILES ${configs}/rules/alerts.yml ${configs}/rules/recording.yml
          DESTINATION ${CMAKE_INSTALL_DATADIR}/truckee/rules COMPONENT program)
  install(DIRECTORY ${configs}/consoles DESTINATION ${CMAKE_INSTALL_DATADIR}/truckee COMPONENT program)
  install(FILES ${configs}/grafana-dashboard.json DESTINATION ${CMAKE_INSTALL_DATADIR}/truckee COMPONENT program)
  install(FILES ${configs}/grid.toml ${configs}/storage.toml ${configs}/prometheus.yml
          DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT program)
  install(FILES ${PROJECT_SOURCE_DIR}/packaging/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
endif()

# -- documents of the library's package --
cmake_path(REPLACE_FILENAME CMAKE_INSTALL_DOCDIR libtruckee-dev OUTPUT_VARIABLE library_documents)
install(FILES ${PROJECT_SOURCE_DIR}/examples/embed.cpp DESTINATION ${library_documents}/examples COMPONENT development)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/debian/copyright DESTINATION ${library_documents} COMPONENT development)

# -- Debian's changelog, which packaging/make writes --
install(FILES ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program OPTIONAL)
install(FILES ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION ${library_documents} COMPONENT development OPTIONAL)

if(PROJECT_IS_TOP_LEVEL)
  include(TruckeePackages)
endif()
