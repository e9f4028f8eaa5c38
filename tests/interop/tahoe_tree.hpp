#pragma once

#include "truckee/storage/container.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

/// Directories of storage servers as the real Tahoe-LAFS left them, made again from recorded vectors.
namespace truckee::test {

/// One recorded file: its facts as in vectors/sdmf.json.
nlohmann::json recorded_file(const std::string& name);

/// Writes below `where` a folder s0, s1, ... for each of the file's servers: my_nodeid, and the share
/// containers as they lay after `step`. Throws where a version 2 container is not byte for byte what was
/// recorded.
void lay_out(const nlohmann::json& file, std::size_t step, storage::container_version version,
             const std::filesystem::path& where);

/// A grid file's text for these folders; relative to the file's own place.
std::string grid_file_for(const nlohmann::json& file);

} // namespace truckee::test
