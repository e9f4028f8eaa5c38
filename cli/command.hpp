#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/cli/exit_code.hpp"
#include "truckee/cli/process/log_options.hpp"
#include "truckee/cli/process/shutdown.hpp"
#include "truckee/cli/terminal/complaint.hpp"
#include "truckee/cli/terminal/standard_error.hpp"
#include "truckee/cli/terminal/standard_output.hpp"
#include "truckee/settings/grid_file.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

/// What every command file has in common. Each adds itself to the program and leaves its action in `run`.
namespace truckee::cli {

/// The options that come before the command.
struct global_options {
  std::string grid_file; ///< empty: the embedded grid
  bool json = false;
  std::string durability = "full";
  std::string gateway;           ///< ADDRESS:PORT of a running gateway; empty: a client of our own
  bool gateway_any_user = false; ///< without TLS that gateway may be any user's of this machine
  std::string ca, certificate, key;
  std::uint32_t keys_ready = 0; ///< fresh RSA keys kept; set by commands that run long
  std::function<result<settings::grid_config>()> read_grid = {}; ///< again, by commands that run long
  log_options log;
  /// Unless asked otherwise; set by commands that run long. The others say in their result what a warning
  /// would.
  logs::level log_level = logs::level::error;
  std::shared_ptr<bottom_line> screen = standard_error();

  /// All three files, none (nothing), or errc::usage.
  result<std::optional<tls::node_files>> tls() const;

  /// What main() ends once the command has its result.
  std::shared_ptr<shutdown> ending = std::make_shared<shutdown>();
};

/// A metrics port, as asked for on the command line; what is empty is as the grid file says.
struct metrics_options {
  std::string listen, user, password_file, certificate, key, client_ca;

  /// What holds when the file says `file`. errc::usage names options that do not go together.
  result<settings::metrics_settings> over(const settings::metrics_settings& file) const;
};

/// What commands that work on one file have in common.
struct operation_options {
  std::string cap_file;
  std::string private_key_file; ///< of a new file; of commands that have --private-key-file
  double timeout = 0;           ///< seconds; 0: none
  metrics_options metrics;

  std::uint64_t timeout_ms() const;
};

/// --operation-id: the same id, the same write. `add` keeps its text; read_operation_id gives errc::usage for what is no
/// id.
void add_operation_id(CLI::App& cmd, std::string& id);
result<operation_id> read_operation_id(const std::string& text);

void add_private_key_file(CLI::App& cmd, operation_options& o, const std::string& meaning);
void add_cap_file(CLI::App& cmd, operation_options& o, const std::string& meaning);
void add_timeout(CLI::App& cmd, operation_options& o);
void add_metrics(CLI::App& cmd, metrics_options& o,
                 const std::string& meaning = "Serve Prometheus metrics while it runs");
CLI::Option* add_listen(CLI::App& cmd, std::string& where, bool& any_user);

struct program {
  global_options options;
  std::function<int()> run; ///< set by the command that was given
};

void add_put(CLI::App& app, program& p);
void add_get(CLI::App& app, program& p);
void add_check(CLI::App& app, program& p);
void add_cap(CLI::App& app, program& p);
void add_storage(CLI::App& app, program& p);
void add_certs(CLI::App& app, program& p);
void add_gateway(CLI::App& app, program& p);
void add_gateway_change(CLI::App& gateway, program& p);
void add_append(CLI::App& app, program& p);
void add_repair(CLI::App& app, program& p);
void add_resolve(CLI::App& app, program& p);
void add_grid(CLI::App& app, program& p);
void add_grid_import(CLI::App& grid, program& p);
void add_grid_check_change(CLI::App& grid, program& p);
void add_debug(CLI::App& app, program& p);
void add_status(CLI::App& app, program& p);
void add_help(CLI::App& app, program& p);

} // namespace truckee::cli
