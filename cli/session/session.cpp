#include "truckee/cli/session/session.hpp"

#include "truckee/actors/node/caf_metrics.hpp"
#include "truckee/base/text.hpp"
#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/session/follow.hpp"
#include "truckee/cli/session/inputs.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/control/windowed_read.hpp"
#include "truckee/crypto/base32.hpp"

#include <atomic>
#include <cstdlib>
#include <future>
#include <unistd.h>

namespace truckee::cli {

using namespace messages;

result<std::filesystem::path> data_home() {
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg == '/')
    return std::filesystem::path(xdg);
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".local" / "share";
  return fail(
      errc::configuration,
      "neither XDG_DATA_HOME nor HOME is set to an absolute path; set one, it says where data is kept");
}

result<settings::grid_config> load_grid(const global_options& options) {
  if (!options.grid_file.empty())
    return settings::read_grid_file(options.grid_file);
  const auto home = data_home();
  if (!home)
    return tl::unexpected(home.error());
  return settings::embedded_grid(*home);
}

storage::durability durability_of(const std::string& name) {
  return name == "none" ? storage::durability::none : storage::durability::full;
}

namespace {

result<std::string> password_in(const std::filesystem::path& file) {
  warn_of_readers(file.string(), "a password");
  const auto read = read_small_file(file, 1024);
  if (!read)
    return tl::unexpected(read.error());
  auto line = std::string(as_text(*read));
  line.erase(std::min(line.find_first_of("\r\n"), line.size()));
  if (line.empty())
    return fail(errc::configuration,
                file.string() + ": is empty; expected the metrics password on its first line");
  return line;
}

} // namespace

result<std::unique_ptr<metrics::exposer>> expose(const std::shared_ptr<metrics::recorder>& recorder,
                                                 caf::actor_system& system, const metrics_options& options,
                                                 const metrics_settings& file, const logs::log_ptr& log) {
  const auto settings = options.over(file);
  if (!settings)
    return tl::unexpected(settings.error());
  if (!settings->listen)
    return nullptr;
  metrics::exposer_options port{.listen = *settings->listen, .log = log};
  if (const auto& login = settings->login) {
    auto password = password_in(login->password_file);
    if (!password)
      return tl::unexpected(password.error());
    port.login = metrics::basic_auth{login->user, std::move(*password)};
  }
  if (const auto& tls = settings->tls)
    port.tls = *tls;
  auto out = metrics::exposer::start(port, recorder, caf_metrics(system));
  if (out) {
    tell("metrics: " + (*out)->url() + "\n");
    logs::say(log, logs::events::listening,
              {{"what", "metrics"}, {"address", (*out)->url()}, {"tls", port.tls.has_value()}});
  }
  return out;
}

result<metrics_settings> metrics_options::over(const metrics_settings& file) const {
  auto out = file;
  if (!listen.empty()) {
    const auto given = parse_address(listen, true);
    if (!given)
      return tl::unexpected(given.error());
    out.listen = *given;
  }
  if (user.empty() != password_file.empty())
    return fail(errc::usage, "--metrics-user and --metrics-password-file belong together");
  if (user.find(':') != std::string::npos)
    return fail(errc::usage, "--metrics-user: expected a name without a colon");
  if (!user.empty())
    out.login = settings::metrics_login{user, password_file};
  if (certificate.empty() != key.empty())
    return fail(errc::usage, "--metrics-cert and --metrics-key belong together");
  if (!certificate.empty())
    out.tls = tls::server_files{certificate, key, {}};
  if (!client_ca.empty() && !out.tls)
    return fail(errc::usage, "--metrics-client-ca needs HTTPS: --metrics-cert and --metrics-key");
  if (!client_ca.empty())
    out.tls->client_ca = client_ca;
  return out;
}

result<std::optional<tls::node_files>> global_options::tls() const {
  const int given = !ca.empty() + !certificate.empty() + !key.empty();
  if (given == 0)
    return std::nullopt;
  if (given < 3)
    return fail(errc::usage,
                "mutual TLS needs all of --ca, --cert and --key; `truckee certs DIR NAME` makes them");
  return tls::node_files{ca, certificate, key};
}

std::uint64_t operation_options::timeout_ms() const {
  return static_cast<std::uint64_t>(timeout * 1000);
}

void add_cap_file(CLI::App& cmd, operation_options& o, const std::string& meaning) {
  cmd.add_option("--cap-file", o.cap_file, meaning)->required()->type_name("FILE");
}

void add_private_key_file(CLI::App& cmd, operation_options& o, const std::string& meaning) {
  cmd.add_option("--private-key-file", o.private_key_file, meaning)->type_name("FILE");
}

void add_operation_id(CLI::App& cmd, std::string& id) {
  cmd.add_option("--operation-id", id,
                 "As an earlier answer said: the same write again, which a running gateway does once")
      ->type_name("ID");
}

result<operation_id> read_operation_id(const std::string& text) {
  operation_id out;
  if (text.empty())
    return out;
  const auto read = crypto::from_base32(text);
  if (!read || read->size() != out.view().size())
    return fail(errc::usage,
                "--operation-id " + text +
                    ": an id is 26 letters and digits, as an answer says it (16 bytes in base32)");
  std::copy(read->begin(), read->end(), out.data.begin());
  return out;
}

void add_timeout(CLI::App& cmd, operation_options& o) {
  cmd.add_option("--timeout", o.timeout, "Give up after so many seconds")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
}

void add_metrics(CLI::App& cmd, metrics_options& o, const std::string& meaning) {
  cmd.add_option("--metrics-listen", o.listen, meaning)->type_name("ADDRESS:PORT");
  cmd.add_option("--metrics-user", o.user, "Serve metrics to this user only")->type_name("NAME");
  cmd.add_option("--metrics-password-file", o.password_file, "File with that user's password")
      ->type_name("FILE");
  cmd.add_option("--metrics-cert", o.certificate, "Serve metrics over HTTPS with this PEM certificate")
      ->type_name("FILE");
  cmd.add_option("--metrics-key", o.key, "Its PEM key")->type_name("FILE");
  cmd.add_option("--metrics-client-ca", o.client_ca, "Serve metrics only to certificates of this PEM CA")
      ->type_name("FILE");
}

CLI::Option* add_listen(CLI::App& cmd, std::string& where, bool& any_user) {
  cmd.add_flag("--any-user", any_user,
               "Without TLS, let every user of this machine in, not only this one and root");
  return cmd
      .add_option("--listen", where,
                  "Where to listen; port 0 takes any. Addresses that are not loopback need TLS")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
}

session::~session() {
  exposer.reset();
  // The handle must go before the system it belongs to.
  remote = messages::file_gateway{};
  if (!ending)
    return; // moved from
  ending->keep(std::move(client));
  ending->keep(std::move(node));
}

namespace {

result<session> connect_session(const global_options& options) {
  const auto where = parse_address(options.gateway);
  if (!where)
    return tl::unexpected(where.error());
  const auto tls = options.tls();
  if (!tls)
    return tl::unexpected(tls.error());
  const auto how = settings_of(options.log);
  if (!how)
    return tl::unexpected(how.error());
  auto log = open_log(*how, options.log_level, options.screen);
  if (!log)
    return tl::unexpected(log.error());
  register_types(); // for who follows an operation
  auto started = control::controller::start(*tls);
  if (!started)
    return tl::unexpected(started.error());
  auto gateway =
      control::connect_gateway(**started, *where, std::chrono::seconds(5), options.gateway_any_user);
  if (!gateway)
    return tl::unexpected(gateway.error());
  session out;
  out.node = std::move(*started);
  out.remote = *gateway;
  out.where = options.gateway;
  out.log = *log;
  return out;
}

result<session> own_session(const global_options& options, metrics_settings& metrics, purpose what) {
  auto grid = load_grid(options);
  if (!grid)
    return tl::unexpected(grid.error());
  // A home is where the lease secret is kept: readers need none, and a grid file can name another place.
  const auto home = data_home();
  if (!home && what == purpose::write && !grid->lease_secret)
    return tl::unexpected(home.error());
  if (grid->lease_secret)
    warn_of_readers(grid->lease_secret->string(), "this client's lease secret");
  const auto tls = options.tls();
  if (!tls)
    return tl::unexpected(tls.error());
  if (*tls)
    grid->tls = *tls;
  const auto status_listen = grid->status_listen;
  const auto http = grid->http;
  const auto tls_files = grid->tls;
  metrics = grid->metrics;
  const auto how =
      settings_of(options.log, options.log_level == logs::level::info ? grid->log : logs::settings{});
  if (!how)
    return tl::unexpected(how.error());
  auto log = open_log(*how, options.log_level, options.screen);
  if (!log)
    return tl::unexpected(log.error());
  client_options client;
  client.grid = std::move(*grid);
  client.data_home = home.value_or(std::filesystem::path{});
  client.only_reads = what == purpose::read;
  client.durability = durability_of(options.durability);
  client.keys_ready = options.keys_ready;
  client.read_grid = options.read_grid;
  auto started = actors::client_node::start(std::move(client), {.log = *log});
  if (!started)
    return tl::unexpected(started.error());
  session out;
  out.status_listen = status_listen;
  out.http = http;
  out.tls = tls_files;
  out.client = std::move(*started);
  out.where = options.grid_file.empty()
                  ? "the grid inside this program, in " +
                        (home.value_or(std::filesystem::path{}) / "truckee" / "grid").string() +
                        "; --grid names another"
                  : "the grid of " + options.grid_file;
  out.log = *log;
  return out;
}

} // namespace

result<session> open_session(const global_options& options, const metrics_options& metrics, purpose what) {
  if (options.json)
    if (auto possible = can_give(); !possible)
      return tl::unexpected(possible.error());
  metrics_settings file;
  auto out = options.gateway.empty() ? own_session(options, file, what) : connect_session(options);
  if (!out)
    return out;
  out->ending = options.ending;
  out->screen = options.screen;
  out->json = options.json;
  // Another node's gateway counts for itself; this process has only its own numbers to show.
  const auto recorder = out->client ? out->client->metrics()
                                    : std::make_shared<metrics::recorder>(metrics::build_facts{
                                          std::string(actors::truckee_version()), actors::caf_version()});
  auto exposer = expose(recorder, out->system(), metrics, file, out->log);
  if (!exposer)
    return tl::unexpected(exposer.error());
  out->exposer = std::move(*exposer);
  return out;
}

result<opened_file> open_file(const operation_options& o, const global_options& global, purpose what) {
  if (auto kept = keep_inputs(o, global); !kept)
    return tl::unexpected(kept.error());
  auto cap = read_cap(o.cap_file);
  if (!cap)
    return tl::unexpected(cap.error());
  auto session = open_session(global, o.metrics, what);
  if (!session)
    return tl::unexpected(session.error());
  return opened_file{std::move(*cap), std::move(*session)};
}

namespace {

using clock = std::chrono::steady_clock;

constexpr auto look_after = std::chrono::seconds(5); ///< how often a gateway is asked for a sign of life
constexpr auto silence_told_after = std::chrono::seconds(30); ///< then a person hears of its silence
constexpr auto silence_max = std::chrono::minutes(10);        ///< then nobody waits any longer
constexpr auto deadline_grace = std::chrono::seconds(1); ///< for a reply that is on its way at the deadline
constexpr std::uint64_t slow_bytes_per_second =
    1 << 20; ///< signs of life stand behind content in one connection

/// Content on its way to or from the gateway, at most.
template <class Request>
std::uint64_t content_of(const Request& x) {
  if constexpr (requires { x.content; })
    return x.content.size();
  else if constexpr (requires { x.data; })
    return x.data.size();
  else
    return actors::gateway_limits{}.content_bytes_max;
}

template <class Request>
std::chrono::milliseconds timeout_of(const Request& x) {
  if constexpr (requires { x.timeout_ms; })
    return std::chrono::milliseconds(x.timeout_ms);
  else
    return {};
}

bool shows_life(session& s) {
  bool out = false;
  caf::scoped_actor self(s.system());
  request_blocking(
      self, s.gateway(), std::chrono::seconds(1), cancel_request{}, [&](const cancel_answer&) { out = true; },
      [](const caf::error&) {});
  return out;
}

/// Nothing once `answer` is there; the error with which the wait for it ends otherwise. `deaf`: the gateway was to be told to end
/// it, and shows no life.
template <class Reply>
std::optional<error> wait_for(session& s, std::future<Reply>& answer, std::chrono::milliseconds timeout,
                              std::uint64_t content_bytes, const std::atomic<bool>& deaf) {
  if (s.client) {
    answer.wait(); // in this process: operations end by their own deadlines
    return std::nullopt;
  }
  const auto patience = silence_max + std::chrono::seconds(content_bytes / slow_bytes_per_second);
  const auto unknown = "; what it was asked for may have been done or not: look with `truckee check`";
  const auto start = clock::now();
  auto heard = start;
  auto looked = start;
  bool told = false;
  while (answer.wait_for(std::chrono::milliseconds(250)) != std::future_status::ready) {
    const auto now = clock::now();
    if (deaf)
      return error{errc::cancelled,
                   "the gateway " + s.where + " shows no life, and was not told to end it" + unknown};
    if (timeout.count() > 0 && now - start > timeout + deadline_grace)
      return error{errc::timeout,
                   "the gateway " + s.where + " has not answered within the time given" + unknown};
    if (now - looked < look_after)
      continue;
    looked = now;
    if (shows_life(s)) {
      heard = clock::now();
      told = false;
    } else if (now - heard > patience) {
      return error{errc::timeout, "the gateway " + s.where + " has shown no life for too long" + unknown};
    } else if (!told && now - heard > silence_told_after) {
      told = true;
      s.screen->print("truckee: the gateway " + s.where +
                      " shows no life; still waiting (twice Ctrl-C ends the wait)\n");
    }
  }
  return std::nullopt;
}

duration patience_to_subscribe(std::chrono::milliseconds timeout) {
  return std::chrono::seconds(timeout.count() > 0 ? 2 : 10);
}

} // namespace

/// Who follows operations of one token, and ends them by a signal.
class follower {
public:
  follower(session& s, std::string verb, std::shared_ptr<read_extent> extent = nullptr,
           std::function<void()> on_end = nullptr)
    : token{1 + system_random().below(UINT64_MAX - 1)}, session_(s), verb_(std::move(verb)),
      on_end_(std::move(on_end)), self_(s.system()),
      listener_(follow_operation(s.system(), token, s.json, s.screen, std::move(extent))) {}

  /// Begins to hear of them, and to take signals.
  void subscribe_within(duration moment) {
    request_blocking(
        self_, session_.gateway(), moment, subscribe{listener_}, [](const subscribe_answer&) {},
        [](const caf::error&) {});
    watch_.emplace([this](int which) { on_signal(which); });
  }
  ~follower() {
    watch_.reset();
    session_.ending->signal = by;
    caf::anon_send_exit(listener_, caf::exit_reason::user_shutdown);
    self_->wait_for(listener_);
  }
  follower(const follower&) = delete;
  follower& operator=(const follower&) = delete;

  operation_token token;
  std::atomic<int> by = 0;
  std::atomic<bool> deaf = false;
  std::atomic<bool> at_work = true; ///< the gateway has something to end

private:
  void on_signal(int which) {
    if (!at_work && on_end_) {
      on_end_();
      end_process(ended_by(which));
    }
    by = which;
    session_.screen->print("truckee: interrupted; ending the " + verb_ +
                           " so that a version stays recoverable (again: end at once)\n");
    // From an actor: the gateway lets nobody's messages end what is somebody's.
    caf::scoped_actor from(session_.system());
    request_blocking(
        from, session_.gateway(), std::chrono::seconds(1), cancel_request{token}, [](const cancel_answer&) {},
        [&](const caf::error&) { deaf = true; });
  }

  session& session_;
  std::string verb_;
  std::function<void()> on_end_;
  caf::scoped_actor self_;
  progress_listener listener_;
  std::optional<signal_watch> watch_;
};

int complain_of(const session& s, const error& e) {
  const int code = complain(e);
  if (e.code == errc::not_enough_shares)
    tell("truckee: asked was " + escaped(s.where) + "\n");
  return code;
}

template <class Reply, class Request>
Reply ask(session& s, Request request, const std::string& verb,
          const std::function<void(const Reply&)>& told) {
  const auto timeout = timeout_of(request);
  const auto content_bytes = content_of(request);
  follower follows(s, verb);
  request.token = follows.token;
  follows.subscribe_within(patience_to_subscribe(timeout));
  Reply out;
  auto answer = control::ask_later(s.system(), s.gateway(), request);
  if (auto ended = wait_for(s, answer, timeout, content_bytes, follows.deaf))
    out.failure = std::move(*ended);
  else
    out = answer.get();
  told(out);
  return out;
}

struct conversation::state {
  session& in;
  follower follows;
  std::future<retrieve_reply> answer = {};
  std::chrono::milliseconds timeout = {};
  bool subscribed = false;
};

conversation::conversation(session& s, std::string verb, std::shared_ptr<read_extent> extent,
                           std::function<void()> on_end)
  : state_(new state{s, {s, std::move(verb), std::move(extent), std::move(on_end)}}) {}

conversation::~conversation() = default;

void conversation::begin(retrieve_request request) {
  auto& x = *state_;
  request.token = x.follows.token;
  x.timeout = timeout_of(request);
  if (!std::exchange(x.subscribed, true))
    x.follows.subscribe_within(patience_to_subscribe(x.timeout));
  x.answer = control::ask_later(x.in.system(), x.in.gateway(), std::move(request));
}

retrieve_reply conversation::wait() {
  auto& x = *state_;
  retrieve_reply out;
  x.follows.at_work = true;
  if (auto ended = wait_for(x.in, x.answer, x.timeout, control::read_window_bytes, x.follows.deaf))
    out.failure = std::move(*ended);
  else
    out = x.answer.get();
  x.follows.at_work = false;
  return out;
}

bool conversation::interrupted() const {
  return state_->follows.by != 0;
}

template publish_reply ask(session&, publish_request, const std::string&,
                           const std::function<void(const publish_reply&)>&);
template retrieve_reply ask(session&, retrieve_request, const std::string&,
                            const std::function<void(const retrieve_reply&)>&);
template check_reply ask(session&, check_request, const std::string&,
                         const std::function<void(const check_reply&)>&);
template publish_reply ask(session&, append_request, const std::string&,
                           const std::function<void(const publish_reply&)>&);
template repair_reply ask(session&, repair_request, const std::string&,
                          const std::function<void(const repair_reply&)>&);
template list_leases_reply ask(session&, list_leases_request, const std::string&,
                               const std::function<void(const list_leases_reply&)>&);

} // namespace truckee::cli
