#pragma once

#include "truckee/actors/node/client_node.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/session/follow.hpp"
#include "truckee/control/controller.hpp"
#include "truckee/metrics/exposer.hpp"

#include <optional>

/// A command's client: the grid it was told of, the gateway, the metrics port.
namespace truckee::cli {

/// $XDG_DATA_HOME, or ~/.local/share. errc::configuration where neither is known.
result<std::filesystem::path> data_home();

/// The grid file's content, or the embedded grid.
result<settings::grid_config> load_grid(const global_options& options);

using settings::metrics_settings;

/// A client of its own, or a way to another node's gateway, for as long as one command runs.
struct session {
  session() = default;
  session(session&&) = default;
  session& operator=(session&&) = delete;
  ~session(); ///< leaves client and node to `ending`

  std::unique_ptr<actors::client_node> client; ///< unless the gateway is another node's
  std::unique_ptr<control::controller> node;   ///< then this
  messages::file_gateway remote;
  std::string where;                         ///< for people: which grid, or which gateway, is asked
  std::unique_ptr<metrics::exposer> exposer; ///< when asked for
  std::optional<address> status_listen;      ///< as the grid file says
  settings::http_settings http;              ///< likewise
  std::optional<tls::node_files> tls;        ///< of a client of its own
  std::shared_ptr<shutdown> ending = std::make_shared<shutdown>();
  std::shared_ptr<bottom_line> screen;
  bool json = false; ///< progress as JSON lines
  logs::log_ptr log;

  messages::file_gateway gateway() const { return client ? client->gateway() : remote; }
  caf::actor_system& system() { return client ? client->system() : node->system(); }
};

/// Whether a command makes anything on the grid. One that reads makes nothing here either: no store where there is none,
/// and no lease secret.
enum class purpose : std::uint8_t { read, write };

/// With a metrics port where the options or the grid file say so. errc::io where a result in JSON could not be given.
result<session> open_session(const global_options& options, const metrics_options& metrics,
                             purpose what = purpose::write);

/// A capability from its file, and a session to use it in.
struct opened_file {
  secret_text cap;
  cli::session session;
};
result<opened_file> open_file(const operation_options& o, const global_options& global,
                              purpose what = purpose::write);

/// complain(), and where too few shares were found also where they were looked for.
int complain_of(const session& s, const error& e);

/// Starts the metrics port and says where, on standard error: the recorder's metrics, and CAF's own of the system. Null where
/// nobody asked for one. `file` has what a configuration file says; the options win.
result<std::unique_ptr<metrics::exposer>> expose(const std::shared_ptr<metrics::recorder>& recorder,
                                                 caf::actor_system& system, const metrics_options& options,
                                                 const metrics_settings& file = {},
                                                 const logs::log_ptr& log = {});

storage::durability durability_of(const std::string& name);

/// Several requests of one operation in a row, under one token: one progress on standard error, one wait, and signals as ask()
/// has them. Between two of them, and while what came is given away, a signal ends the program at once, after `on_end`.
class conversation {
public:
  conversation(session& s, std::string verb, std::shared_ptr<read_extent> extent,
               std::function<void()> on_end);
  ~conversation();
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;

  /// Begins to ask; one at a time. Its reply comes from wait().
  void begin(messages::retrieve_request request);
  /// The reply to what was begun. Whatever comes between two of these is done by the caller, as giving away is.
  messages::retrieve_reply wait();
  /// It was asked to end: nothing more is begun.
  bool interrupted() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Asks the gateway and waits, drawing progress on standard error. The first signal asks the operation to end well, and
/// the program to end by that signal when the command is done; a second ends it at once. `told` runs with the reply while
/// that still holds: what must not be lost is said there. A gateway of another process that shows no life is not waited for
/// for ever.
template <class Reply, class Request>
Reply ask(
    session& s, Request request, const std::string& verb,
    const std::function<void(const Reply&)>& told = [](const Reply&) {});

extern template messages::publish_reply ask(session&, messages::publish_request, const std::string&,
                                            const std::function<void(const messages::publish_reply&)>&);
extern template messages::retrieve_reply ask(session&, messages::retrieve_request, const std::string&,
                                             const std::function<void(const messages::retrieve_reply&)>&);
extern template messages::check_reply ask(session&, messages::check_request, const std::string&,
                                          const std::function<void(const messages::check_reply&)>&);

extern template messages::publish_reply ask(session&, messages::append_request, const std::string&,
                                            const std::function<void(const messages::publish_reply&)>&);
extern template messages::repair_reply ask(session&, messages::repair_request, const std::string&,
                                           const std::function<void(const messages::repair_reply&)>&);
extern template messages::list_leases_reply
ask(session&, messages::list_leases_request, const std::string&,
    const std::function<void(const messages::list_leases_reply&)>&);

} // namespace truckee::cli
