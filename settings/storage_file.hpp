#pragma once

#include "truckee/base/address.hpp"
#include "truckee/logs/settings.hpp"
#include "truckee/settings/node_settings.hpp"
#include "truckee/storage/disk_store.hpp"
#include "truckee/storage/expiry.hpp"

/// The configuration of `truckee storage`, read from a TOML file; configs/storage.toml shows every key.
namespace truckee::settings {

/// What is not set in the file has the values here. Options of the command override the file.
struct storage_config {
  std::filesystem::path directory = {}; ///< empty: not said; then the command line must
  bool must_exist = false;              ///< makes no new store
  address listen{"127.0.0.1", 0};
  std::optional<address> gbs_listen =
      {};                       ///< where Tahoe-LAFS's clients come in, over HTTPS; nothing: nowhere
  bool any_user = false;        ///< without TLS: not only this process's user and root may come in
  std::string name = "storage"; ///< label in metrics
  bool read_only = false;
  std::uint64_t reserved_space = 0; ///< bytes
  std::uint64_t share_bytes_max = storage::store_limits{}.share_bytes_max;
  storage::durability durability = storage::durability::full;
  std::optional<tls::node_files> tls = {};
  metrics_settings metrics = {};
  logs::settings log = {};
  storage::expiry_settings expiry = {};
  std::optional<std::uint64_t> queued_calls =
      {}; ///< requests that wait; nothing: as the program has it, and so below
  std::optional<std::uint64_t> queued_bytes = {}; ///< of writes that wait
  std::optional<std::uint64_t> space_low = {};    ///< bytes; less room is told as low
  friend bool operator==(const storage_config&, const storage_config&) = default;
};

/// Reads a storage file's text. `file` is for errors, and relative paths in the text start at its folder.
/// Errors (configuration) say "FILE:LINE: [table] key: what was wrong, what is expected".
result<storage_config> parse_storage_file(std::string_view text, const std::filesystem::path& file);

/// parse_storage_file on a file of at most 1 MiB.
result<storage_config> read_storage_file(const std::filesystem::path& file);

/// What cannot be, whichever way it was set: errors of kind configuration.
result<void> check(const storage_config& config);

/// Every key a storage file may have, as "table.key", in ascending order.
std::vector<std::string> storage_file_keys();

} // namespace truckee::settings
