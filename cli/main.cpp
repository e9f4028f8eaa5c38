#include "truckee/actors/node/node.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/cli/files/content.hpp"
#include "truckee/cli/files/path_options.hpp"
#include "truckee/cli/help/help.hpp"
#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/terminal/descriptors.hpp"
#include "truckee/cli/terminal/standard_output.hpp"

#include <malloc.h>
#include <new>
#include <sstream>
#include <sys/prctl.h>
#include <system_error>

namespace {

/// Memory of this size and more goes back to the system as soon as it is given back.
[[maybe_unused]] constexpr int large_buffer_bytes = 2 << 20;

int run(int argc, char** argv) {
  using namespace truckee::cli;
  // Before anything is opened, and before there is another thread.
  hold_standard_descriptors();
  take_signals();

  CLI::App app{
      "truckee put report.pdf > report.cap      publishes a file, keeps its write capability\n"
      "truckee get --cap-file report.cap -o copy.pdf\n\n"
      "Publishes Tahoe-LAFS mutable files: encrypted, spread over storage servers that need not be trusted.\n"
      "Without --grid, ten servers inside the process keep their shares below $XDG_DATA_HOME/truckee/grid.",
      "truckee"};
  app.formatter(std::make_shared<help_formatter>()); // commands inherit it
  app.failure_message(usage_error);
  app.set_version_flag("--version", "truckee " + std::string(truckee::actors::truckee_version()),
                       "Say which version this is");
  app.set_help_flag("-h,--help", "Say this");
  program p;
  app.add_option("--grid", p.options.grid_file,
                 "Grid file (TOML): which servers there are; see configs/grid.toml")
      ->type_name("FILE");
  app.add_flag("--json", p.options.json, "Results as JSON on standard output");
  app.add_option("--durability", p.options.durability,
                 "What servers inside this process do before they acknowledge a write: 'full' waits until it "
                 "is on the disk; "
                 "'none' does not, and power loss may tear what was written in the last half minute")
      ->check(CLI::IsMember({"full", "none"}));
  app.add_option("--gateway", p.options.gateway, "Use the gateway that runs there, not a client of our own")
      ->type_name("ADDRESS:PORT");
  app.add_flag("--gateway-any-user", p.options.gateway_any_user,
               "Without TLS, that gateway may be any user's of this machine, not only this one's or root's");
  app.add_option("--ca", p.options.ca, "Mutual TLS between Truckee's nodes: certificate of the CA")
      ->type_name("FILE");
  app.add_option("--cert", p.options.certificate, "Mutual TLS: this node's certificate")->type_name("FILE");
  app.add_option("--key", p.options.key, "Mutual TLS: this node's key")->type_name("FILE");
  add_log_options(app, p.options.log);
  app.require_subcommand(1);
  app.fallthrough();
  add_put(app, p);
  add_get(app, p);
  add_append(app, p);
  add_check(app, p);
  add_repair(app, p);
  add_resolve(app, p);
  add_cap(app, p);
  add_storage(app, p);
  add_certs(app, p);
  add_gateway(app, p);
  add_grid(app, p);
  add_status(app, p);
  add_debug(app, p);
  add_help(app, p);
  check_paths(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(e, out, err);
    tell(err.str());
    return give(out.str(), code == 0 ? exit_ok : exit_usage);
  }
  const auto& files = p.options;
  if (auto kept = inputs_kept({files.grid_file, files.ca, files.certificate, files.key}, {files.log.file});
      !kept)
    return complain(kept.error());
  p.options.ending->finish(p.run());
}

} // namespace

int main(int argc, char** argv) {
  using namespace truckee;
#if !TRUCKEE_INSTRUMENTED // sanitizers look into the process
  // Capabilities and keys are in its memory: no core of it, and no debugger of the same user.
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
#ifdef __GLIBC__
  // Else glibc takes a window's buffers for small ones once the first was given back, and a read of a large file, whose
  // buffers come from one thread and go in another, holds as much as the file has.
  ::mallopt(M_MMAP_THRESHOLD, large_buffer_bytes);
#endif
  try {
    cli::end_process(run(argc, argv));
  } catch (const std::bad_alloc&) {
    return cli::complain({errc::too_large, "there is not enough memory for this"});
  } catch (const std::system_error& problem) {
    if (problem.code() == std::errc::resource_unavailable_try_again)
      return cli::complain({errc::io,
                            "the system gives no more threads; raise its limit (ulimit -u, TasksMax=, "
                            "memory), or run fewer programs"});
    return cli::complain({errc::internal, problem.what()});
  } catch (const std::exception& problem) {
    return cli::complain({errc::internal, problem.what()});
  }
}
