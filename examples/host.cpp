#include "truckee/client.hpp"

#include <atomic>
#include <future>
#include <iostream>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

// host [OPTIONS] DIRECTORY: a CAF program with its own types, actors, metrics and log, which archives what it is given in
// a Truckee client inside its own actor system. The client is stopped and started again; the program goes on.
namespace host {

/// What the program works with; Truckee knows nothing of it.
struct job {
  std::string name;
  std::string text;
};
struct job_done {
  std::string what;
};

} // namespace host

// Jobs stay in this process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(host::job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(host::job_done)
#if CAF_MAJOR_VERSION >= 1
CAF_BEGIN_TYPE_ID_BLOCK(host, 1000)
CAF_ADD_TYPE_ID(host, (host::job))
CAF_ADD_TYPE_ID(host, (host::job_done))
CAF_END_TYPE_ID_BLOCK(host)
#endif

namespace host {

using namespace truckee;
using namespace std::chrono_literals;

struct config : caf::actor_system_config {
  config() {
    truckee::register_types();      // CAF 1.1
    truckee::register_types(*this); // CAF 0.17
    load<caf::io::middleman>();
    truckee::add_options(*this, archive); // --truckee.grid-file=..., or in a configuration file
  }
  client_options archive;
};

using archiver = messages::protocol<job_done(job)>;

/// The program's own actor: it was there before the client, and will be there after it.
class archiver_state {
public:
  using handle = archiver;
  static constexpr const char* name = "host.archiver";

  archiver_state(messages::shell<archiver_state>* self, std::function<messages::file_gateway()> gateway)
    : self_(self), gateway_(std::move(gateway)) {}

  messages::behavior<handle> make_behavior() {
    return {[this](const job& x) { return archive(x); }};
  }

private:
  caf::result<job_done> archive(const job& x) {
    auto promise = self_->make_response_promise<job_done>();
    const auto to = gateway_();
    if (!to) {
      promise.deliver(job_done{x.name + ": the archive is closed, kept for later"});
      return promise;
    }
    messages::request(
        self_, to, 5min, messages::publish_request{.content = shared_bytes::copy_of(x.text)},
        [promise, name = x.name](const messages::publish_reply& done) mutable {
          promise.deliver(job_done{name + (done.ok ? ": " + std::to_string(done.placed.size()) + " shares"
                                                   : ": " + to_string(done.failure))});
        },
        [this, promise, name = x.name](const caf::error& e) mutable {
          promise.deliver(job_done{name + ": " + messages::describe(e, self_->system())});
        });
    return promise;
  }

  messages::shell<archiver_state>* self_;
  std::function<messages::file_gateway()> gateway_;
};

/// Hears what the client does while it does it.
class watcher_state {
public:
  using handle = messages::progress_listener;
  static constexpr const char* name = "host.watcher";

  watcher_state(messages::shell<watcher_state>*, std::atomic<int>& heard) : heard_(heard) {}
  messages::behavior<handle> make_behavior() {
    return {[this](const messages::progress_event&) { ++heard_; }};
  }

private:
  std::atomic<int>& heard_;
};

template <class Handle, class Question, class Answer>
Answer ask(caf::actor_system& system, const Handle& whom, Question question, Answer out) {
  caf::scoped_actor self(system);
  messages::request_blocking(
      self, whom, 5min, std::move(question), [&](const Answer& x) { out = x; },
      [&](const caf::error& e) { std::cerr << messages::describe(e, system) << "\n"; });
  return out;
}

double sample(const prometheus::Registry& registry, const std::string& series) {
  std::istringstream lines(prometheus::TextSerializer{}.Serialize(registry.Collect()));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(series + " "))
      return std::stod(line.substr(series.size()));
  return 0;
}

int run(caf::actor_system& system, client_options archived, const std::filesystem::path& home) {
  if (archived.grid_file.empty())
    archived.grid = settings::embedded_grid(home);
  if (archived.data_home.empty())
    archived.data_home = home;
  const auto registry = std::make_shared<prometheus::Registry>(); // with the program's own metrics in it
  prometheus::BuildGauge().Name("host_up").Register(*registry).Add({}).Set(1);
  std::atomic<int> heard = 0;
  std::mutex mutex;
  std::optional<client> files;
  const auto archive = messages::spawn<archiver_state>(system, [&] {
    const std::lock_guard lock(mutex);
    return files ? files->gateway() : messages::file_gateway{};
  });
  const auto watcher = messages::spawn<watcher_state>(system, heard);
  for (int round = 1; round <= 2; ++round) {
    auto started = client::spawn(
        system, archived,
        {.registry = registry,
         .labels = {{"client", "archive"}},
         .log = std::make_shared<logs::event_log>(logs::level::warning, [](const logs::record& r) {
           std::cerr << "[archive] " + r.text() + "\n";
         })});
    if (!started) {
      std::cerr << to_string(started.error()) << "\n";
      return 1;
    }
    {
      const std::lock_guard lock(mutex);
      files.emplace(std::move(*started));
    }
    ask(system, files->gateway(), messages::subscribe{watcher}, messages::subscribe_answer{});
    std::cout << ask(system, archive, job{"report", "Snow on the ridge.\n"}, job_done{}).what << "\n";
    std::cout << sample(*registry, R"(truckee_publishes_total{client="archive",outcome="ok"})")
              << " publish counted in the program's registry\n";
    std::promise<void> ended;
    files->stop(30s, [&] { ended.set_value(); });
    ended.get_future().wait();
    {
      const std::lock_guard lock(mutex);
      files.reset();
    }
    std::cout << ask(system, archive, job{"letter", "Ice on the lake.\n"}, job_done{}).what << "\n";
  }
  std::cout << (heard > 0 ? "progress was told\n" : "no progress was told\n") << sample(*registry, "host_up")
            << " metric left, the program's own\n";
  caf::anon_send_exit(archive, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
  return 0;
}

} // namespace host

int main(int argc, char** argv) {
#if CAF_MAJOR_VERSION >= 1
  caf::init_global_meta_objects<caf::id_block::host>();
#endif
  host::config config;
  if (config.parse(argc, argv)) {
    std::cerr << "these options make no sense; --help shows those there are\n";
    return 2;
  }
#if CAF_MAJOR_VERSION >= 1
  const bool helped = config.helptext_printed();
#else
  const bool helped = config.cli_helptext_printed;
#endif
  if (helped)
    return 0;
  caf::actor_system system{config};
  const std::string last = argc > 1 ? argv[argc - 1] : "";
  return host::run(system, config.archive, last.empty() || last.front() == '-' ? "truckee-example" : last);
}
