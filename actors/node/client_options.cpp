#include "truckee/actors/node/client.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/config_option.hpp>
#include <caf/config_option_set.hpp>
#include <caf/config_value.hpp>
#include <caf/make_config_option.hpp>
#include <caf/timespan.hpp>

namespace truckee {

namespace {

/// CAF keeps a configuration's options from everybody but those who derive from it.
struct opened : caf::actor_system_config {
  static caf::config_option_set& options_of(caf::actor_system_config& of) {
    return of.*(&opened::custom_options_);
  }
};

/// One option of CAF's type T, which has its place somewhere in client_options: CAF itself knows neither paths nor
/// milliseconds. `Option` has get and set.
template <class T, class Option>
struct native {
#if TRUCKEE_CAF_1
  static caf::error sync(void* where, caf::config_value& value) {
    auto read = caf::get_as<T>(value);
    if (!read)
      return std::move(read.error());
    if (auto wrong = value.assign(*read))
      return wrong;
    if (where != nullptr)
      Option::set(*static_cast<client_options*>(where), *read);
    return {};
  }
  static caf::config_value get(const void* where) {
    caf::config_value out;
    [[maybe_unused]] const auto wrong = out.assign(Option::get(*static_cast<const client_options*>(where)));
    return out;
  }
  static const caf::config_option::meta_state* state() {
    static const caf::config_option::meta_state out{sync, get, caf::config_value::mapped_type_name<T>()};
    return &out;
  }
#else
  static void store(void* where, const caf::config_value& value) {
    Option::set(*static_cast<client_options*>(where), caf::get<T>(value));
  }
  static caf::config_value get(const void* where) {
    return caf::config_value{Option::get(*static_cast<const client_options*>(where))};
  }
  static caf::expected<caf::config_value> parse(void* where, caf::string_view text) {
    T read{};
    auto out = caf::detail::parse_impl(&read, text);
    if (out && where != nullptr)
      Option::set(*static_cast<client_options*>(where), read);
    return out;
  }
  static const caf::config_option::meta_state* state() {
    static const caf::config_option::meta_state out{caf::detail::check_impl<T>, store, get, parse,
                                                    caf::detail::option_meta_state_instance<T>()->type_name};
    return &out;
  }
#endif
};

struct grid_file {
  static std::string get(const client_options& x) { return x.grid_file.string(); }
  static void set(client_options& x, const std::string& to) { x.grid_file = to; }
};
struct data_home {
  static std::string get(const client_options& x) { return x.data_home.string(); }
  static void set(client_options& x, const std::string& to) { x.data_home = to; }
};
struct patience {
  static caf::timespan get(const client_options& x) { return x.patience; }
  static void set(client_options& x, caf::timespan to) {
    x.patience = std::chrono::duration_cast<std::chrono::milliseconds>(to);
  }
};

} // namespace

void add_options(caf::actor_system_config& config, client_options& options) {
  constexpr char group[] = "truckee";
  auto& all = opened::options_of(config);
  all.add(caf::config_option(group, "grid-file",
                             "servers, spread and limits; read at the start, and when asked to",
                             native<std::string, grid_file>::state(), &options));
  all.add(caf::config_option(group, "data-home", "where the lease secret is kept",
                             native<std::string, data_home>::state(), &options));
  all.add(caf::config_option(group, "patience", "what running operations are given to end well",
                             native<caf::timespan, patience>::state(), &options));
  caf::config_option_adder(all, group)
      .add(options.keys_ready, "keys-ready", "fresh keys kept for new files; the grid file's setting wins")
      .add(options.kept_buffer_bytes_max, "kept-buffer-bytes",
           "memory of ended publishes kept for the next ones")
      .add(options.threads.compute, "compute-threads", "for what computes; 0: one a processor")
      .add(options.threads.blocking, "blocking-threads", "for what waits for disks and networks");
}

} // namespace truckee
