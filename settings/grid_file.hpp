#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/gbs/nurl.hpp"
#include "truckee/grid/publish/order_name.hpp"
#include "truckee/grid/spread.hpp"
#include "truckee/grid/strict/exchange.hpp"
#include "truckee/logs/settings.hpp"
#include "truckee/settings/http_place.hpp"
#include "truckee/settings/limit_settings.hpp"
#include "truckee/settings/node_settings.hpp"
#include "truckee/settings/scrape_target.hpp"
#include "truckee/tls/identity.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The configuration of a client: which storage servers there are and how files are spread over them. Read
/// from a TOML file; configs/grid.toml shows every key.
namespace truckee::settings {

/// A storage server inside this process, over a directory that has or gets Tahoe-LAFS's layout below it.
struct local_directory {
  std::filesystem::path path = {};
  friend bool operator==(const local_directory&, const local_directory&) = default;
};

/// A Truckee storage server; over mutual TLS unless on loopback.
struct caf_address {
  address at = {};
  friend bool operator==(const caf_address&, const caf_address&) = default;
};

/// A Tahoe-LAFS storage server, or another that speaks its HTTP protocol.
using gbs::nurl;

using endpoint = std::variant<local_directory, caf_address, nurl>;

/// One [[server]] table.
struct server_config {
  std::string name = {}; ///< for people and metrics: unique, 1 to 64 of letters, digits and . _ -
  endpoint where = {};
  std::optional<server_id> id = {};           ///< pinned: a server that reports another id is refused
  std::optional<bytes> permutation_seed = {}; ///< placement order, where it is not the id
  bool preferred = false;                     ///< comes first in the placement order
  bool drain = false;                         ///< gets no new shares; those that it has are read and updated
  std::optional<scrape_target> metrics =
      {}; ///< where Prometheus scrapes it; not where `where` is a directory
  /// The key its TLS certificate must have, whatever its names are; only of a caf_address. Nothing: the certificate must
  /// have `name`, or the host that is dialled.
  std::optional<tls::pin> certificate_pin = {};
  bool any_user =
      false; ///< of a caf_address without TLS: it may be any user's of this machine, not only our own or root's
  friend bool operator==(const server_config&, const server_config&) = default;
};

/// In one grid.
inline constexpr std::size_t servers_max = 1000;

/// A whole grid file: servers, spread, limits, and what a client of it needs.
struct grid_config {
  grid::spread encoding = {};                          ///< of new files
  grid::order_name order = grid::order_name::in_place; ///< the same for all who write to these files
  grid::strict_terms strict = {};                      ///< where the order is strict; the same for all too
  /// R11: the grid file of the one neighbouring setting whose writers may write to the files as well; only where the order is
  /// strict.
  std::optional<std::filesystem::path> neighbour_file = {};
  std::optional<grid::strict_grid> neighbour = {}; ///< what read_grid_file found there
  /// One server is exchanged for another: both are among `servers`, and each set with one of them is kept; only where the
  /// order is strict.
  std::optional<grid::server_exchange> exchange = {};
  std::vector<server_config> servers = {}; ///< at least one
  std::optional<tls::node_files> tls = {};
  std::optional<std::filesystem::path> lease_secret = {}; ///< file with 32 bytes in base32; made when absent
  bool read_only = false;                                 ///< publish, append and repair are refused
  metrics_settings metrics = {};
  std::optional<address> status_listen = {}; ///< a gateway's status page; loopback
  http_settings http = {};                   ///< a gateway's HTTP API
  logs::settings log = {}; ///< of `truckee gateway`; commands that end by themselves take options only
  limit_settings limits = {};
  friend bool operator==(const grid_config&, const grid_config&) = default;
};

/// Reads a grid file's text. `file` is for errors, and relative paths in the text start at its folder. Errors
/// (configuration) say "FILE:LINE: [table] key: what was wrong, what is expected", and never show a swissnum.
result<grid_config> parse_grid_file(std::string_view text, const std::filesystem::path& file);

/// What its writers must share.
grid::strict_grid strict_grid_of(const grid_config& config);

/// parse_grid_file on a file of at most 1 MiB. Reads the grid file of a neighbouring setting too, and refuses one whose
/// writers may not meet this one's (grid::may_meet).
result<grid_config> read_grid_file(const std::filesystem::path& file);

/// Ten servers inside the process over `data_home`/truckee/grid/0 to 9; 3 of 10, happy with 7.
grid_config embedded_grid(const std::filesystem::path& data_home);

/// Every key a grid file may have, as "table.key", in ascending order; for the sample's test and the
/// documentation.
std::vector<std::string> grid_file_keys();

} // namespace truckee::settings
