#include "truckee/actors/node/node.hpp"
#include "truckee/actors/node/storage_node.hpp"
#include "truckee/base/joined.hpp"
#include "truckee/cli/process/service.hpp"
#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/changes.hpp"
#include "truckee/cli/terminal/standard_output.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/doors/porter.hpp"
#include "truckee/http/listening_socket.hpp"
#include "truckee/settings/storage_changes.hpp"
#include "truckee/settings/storage_file.hpp"
#include "truckee/status/health.hpp"

#include <ctime>
#include <sstream>
#include <unistd.h>

namespace truckee::cli {

namespace {

/// The command line. What it says overrides the file.
struct storage_options {
  std::string config, directory, listen, gbs_listen, name; ///< empty: not said
  metrics_options metrics;
  std::optional<std::uint64_t> reserved_space, share_bytes_max;
  bool any_user = false;
  bool read_only = false;
  bool durability_given = false;
};

result<settings::storage_config> configuration(const storage_options& o, const global_options& global) {
  auto config = o.config.empty() ? result<settings::storage_config>{settings::storage_config{}}
                                 : settings::read_storage_file(o.config);
  if (!config)
    return config;
  if (!o.directory.empty())
    config->directory = o.directory;
  if (!o.name.empty())
    config->name = o.name;
  config->read_only |= o.read_only;
  config->any_user |= o.any_user;
  config->reserved_space = o.reserved_space.value_or(config->reserved_space);
  config->share_bytes_max = o.share_bytes_max.value_or(config->share_bytes_max);
  if (o.durability_given)
    config->durability = durability_of(global.durability);
  const auto tls = global.tls();
  if (!tls)
    return tl::unexpected(tls.error());
  if (*tls)
    config->tls = *tls;
  if (!o.listen.empty()) {
    const auto at = parse_address(o.listen, true);
    if (!at)
      return tl::unexpected(at.error());
    config->listen = *at;
  }
  if (!o.gbs_listen.empty()) {
    const auto at = parse_address(o.gbs_listen, true);
    if (!at)
      return tl::unexpected(at.error());
    config->gbs_listen = *at;
  }
  if (const auto sound = check(*config); !sound)
    return tl::unexpected(sound.error());
  return config;
}

/// Each line by itself: a report may have a thousand of them.
void tell(bottom_line& screen, const storage::expiry_report& report) {
  std::istringstream lines(to_text(report));
  for (std::string line; std::getline(lines, line);)
    screen.print("truckee: " + line + "\n");
}

/// For whoever started this at a terminal: all there is to give to clients. Elsewhere, where lines end in journals, the file's name
/// stands for the secret.
void tell(const tahoe_door& door) {
  const bool person = ::isatty(STDOUT_FILENO) == 1;
  const std::string where = person ? std::string(std::string_view(door.nurl)) : door.nurl_file.string();
  write_output("Tahoe-LAFS clients: " + to_string(door.at) + ", tub id " + crypto::to_base32(door.id.view()) +
               ", NURL " + (person ? "" : "in ") + where + "\n");
}

/// SIGHUP: the log file is opened, and the storage file and the TLS files read again; options keep the last word. Where that is wrong, all
/// is left as it was. `now` is what the store runs with.
void take_on(const result<settings::storage_config>& wanted, settings::storage_config& now,
             bool opened_read_only, store& serving, const logs::log_ptr& log, bottom_line& screen) {
  reopen(log, screen);
  const auto leave = [&](const error& why) {
    logs::say(log, logs::events::settings_refused, {{"by", "this process"}, {"detail", why.detail}});
    screen.print("truckee: nothing is changed: " + why.detail + "\n");
  };
  if (!wanted)
    return leave(wanted.error());
  auto changes = settings::changes_between(now, *wanted, opened_read_only);
  if (changes.in_use.tls) {
    const auto other = serving.use_tls(*changes.in_use.tls);
    if (!other)
      return leave(other.error());
    if (*other)
      changes.changed.emplace_back("[tls] the certificate is another one");
  }
  now = std::move(changes.in_use);
  serving.use({now.reserved_space, now.share_bytes_max, now.read_only}, now.expiry);
  logs::say(log, logs::events::settings_changed,
            {{"by", "this process"},
             {"changed", joined(changes.changed)},
             {"needs_restart", joined(changes.needs_restart)}});
  screen.print(change_words(changes.changed, changes.needs_restart));
}

result<int> serve(const storage_options& o, const global_options& global) {
  block_hangups(); // before there is a thread
  const auto config = configuration(o, global);
  if (!config)
    return tl::unexpected(config.error());
  const auto how = settings_of(global.log, config->log);
  if (!how)
    return tl::unexpected(how.error());
  auto log = open_log(*how, logs::level::info, global.screen);
  if (!log)
    return tl::unexpected(log.error());
  auto node = actors::node::start();
  if (!node)
    return tl::unexpected(node.error());
  // Before anything is made or opened.
  if (auto allowed = doors::may_open({.at = config->listen, .tls = config->tls}); !allowed)
    return tl::unexpected(allowed.error());
  if (auto free = http::listen_on(config->listen); !free)
    return fail(free.error().code,
                "cannot listen on " + to_string(config->listen) + ": " + free.error().detail);
  store_options options;
  options.disk.directory = config->directory;
  options.disk.durability = config->durability;
  options.disk.read_only = config->read_only;
  options.disk.must_exist = config->must_exist;
  options.disk.limits.reserved_space = config->reserved_space;
  options.disk.limits.share_bytes_max = config->share_bytes_max;
  options.limits.queued_calls_max = config->queued_calls.value_or(options.limits.queued_calls_max);
  options.limits.queued_bytes_max = config->queued_bytes.value_or(options.limits.queued_bytes_max);
  options.limits.space_low_bytes = config->space_low.value_or(options.limits.space_low_bytes);
  options.name = config->name;
  options.expiry = config->expiry;
  options.report = [screen = global.screen](const storage::expiry_report& report) { tell(*screen, report); };
  options.tls = config->tls;
  options.for_tahoe = config->gbs_listen.has_value();
  auto opened = store::spawn((*node)->system(), std::move(options), {.log = *log});
  if (!opened)
    return tl::unexpected(opened.error());
  if (!storage::is_plausible(static_cast<std::uint64_t>(std::time(nullptr))))
    global.screen->print(
        "truckee: this machine's clock shows a time before 2023; leases given now say nothing of "
        "a share's age, and nothing expires\n");
  auto server = std::make_unique<store>(std::move(*opened));
  auto exposer = expose(server->metrics(), server->system(), o.metrics, config->metrics, *log);
  if (!exposer)
    return tl::unexpected(exposer.error());
  const auto at = server->publish(config->listen, config->any_user);
  if (!at)
    return tl::unexpected(at.error());
  std::optional<tahoe_door> tahoe;
  if (config->gbs_listen) {
    auto door = server->serve_tahoe(*config->gbs_listen);
    if (!door)
      return tl::unexpected(door.error());
    tahoe = std::move(*door);
  }
  // The first line on standard output: whoever started this may wait for it.
  announce(to_string(*at) + (config->tls ? " (mutual TLS)" : " (plain, loopback only)"));
  if (tahoe)
    tell(*tahoe);
  status::health_check health(server->porter(), *at, config->tls, [&serving = *server]() -> result<void> {
    const auto now = serving.server();
    if (!now)
      return fail(errc::unreachable, "the store is being started again");
    return status::answers<grid::store_info>(serving.system(), now, messages::hello_to_store(),
                                             std::chrono::seconds(5));
  });
  {
    const service_notice notice([&health] { return health.look(); });
    wait_for_signal([&, now = *config]() mutable {
      take_on(configuration(o, global), now, config->read_only, *server, *log, *global.screen);
    });
  }
  global.screen->print("truckee: stopping\n");
  logs::say(*log, logs::events::stopping, {{"reason", "signal"}});
  global.ending->log = *log;
  exposer->reset();
  global.ending->patience = std::chrono::seconds(2);
  global.ending->keep(std::move(server)); // before its system
  global.ending->keep(std::move(*node));
  return exit_ok;
}

} // namespace

void add_storage(CLI::App& app, program& p) {
  auto o = std::make_shared<storage_options>();
  auto* cmd = app.add_subcommand(
      "storage", "truckee storage --directory /srv/alpha --listen 192.0.2.7:4401 \\\n"
                 "                --ca ca.pem --cert alpha.pem --key alpha.key\n"
                 "truckee storage --config storage.toml\n\n"
                 "Serves one share store to Truckee clients. It ends on SIGINT or SIGTERM; on "
                 "SIGHUP it reads\nits storage file again and says what it took on. The store has "
                 "Tahoe-LAFS's own layout.");
  cmd->add_option("--config", o->config, "Storage file (TOML): configs/storage.toml shows every key")
      ->type_name("FILE");
  cmd->add_option("--directory", o->directory, "The store: shares/ is below it; made when absent")
      ->type_name("DIR");
  add_listen(*cmd, o->listen, o->any_user)->default_str(to_string(settings::storage_config{}.listen));
  cmd->add_option("--gbs-listen", o->gbs_listen,
                  "Let Tahoe-LAFS's own clients in here, over HTTPS; port 0 takes any free one")
      ->type_name("ADDRESS:PORT");
  cmd->add_option("--name", o->name, "Label in metrics")->type_name("NAME");
  cmd->add_option("--reserved-space", o->reserved_space,
                  "Bytes of the file system left to others (e.g. 1GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  cmd->add_option("--share-size-max", o->share_bytes_max, "The longest share taken")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  cmd->add_flag("--read-only", o->read_only, "Take no writes");
  add_metrics(*cmd, o->metrics, "Serve Prometheus metrics");
  const auto* durability = app.get_option("--durability");
  cmd->callback([&p, o, durability] {
    o->durability_given = durability->count() > 0;
    p.run = [&p, o] { return finish(serve(*o, p.options)); };
  });
}

} // namespace truckee::cli
