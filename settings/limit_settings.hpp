#pragma once

#include "truckee/base/result.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace truckee::settings {

/// Limits a person may need to change; what is not set keeps the code's own value.
struct limit_settings {
  using seconds = std::optional<std::chrono::seconds>;
  using bytes = std::optional<std::uint64_t>;
  using count = std::optional<std::uint32_t>;
  using milliseconds = std::optional<std::chrono::milliseconds>;

  seconds connect_timeout = {};
  bytes content_bytes = {};   ///< of one publish
  bytes held_bytes = {};      ///< content of running and waiting operations
  bytes in_flight_bytes = {}; ///< shares sent and not yet answered, over all operations
  count keys_ready = {};      ///< fresh RSA keys kept for new files
  bytes link_bytes = {};      ///< sent to one server and not yet answered
  count operations = {};      ///< running and waiting
  count operations_per_caller = {};
  milliseconds patience = {}; ///< the least, for servers that an operation can do without
  seconds publish_deadline = {};
  seconds reconnect = {};       ///< the longest pause before a server is tried again
  seconds server_deadline = {}; ///< the base; transfer time comes on top
  count subscribers = {};
  friend bool operator==(const limit_settings&, const limit_settings&) = default;
};

/// One limit, as files and messages name it.
struct limit_key {
  std::string_view name;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::variant<limit_settings::seconds limit_settings::*, limit_settings::bytes limit_settings::*,
               limit_settings::count limit_settings::*, limit_settings::milliseconds limit_settings::*>
      member;
};

inline constexpr std::uint64_t longest_wait_seconds = 604'800; // a week; nothing waits for ever
inline constexpr std::uint64_t least_room_bytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t most_room_bytes = std::uint64_t{1} << 40;

/// Every one, in ascending order.
inline constexpr std::array<limit_key, 13> limit_keys{
    {{"connect-timeout-seconds", 1, longest_wait_seconds, &limit_settings::connect_timeout},
     {"content-bytes", 1, std::uint64_t{1} << 30, &limit_settings::content_bytes},
     {"held-bytes", least_room_bytes, most_room_bytes, &limit_settings::held_bytes},
     {"in-flight-bytes", least_room_bytes, most_room_bytes, &limit_settings::in_flight_bytes},
     {"keys-ready", 0, 1000, &limit_settings::keys_ready},
     {"link-bytes", least_room_bytes, most_room_bytes, &limit_settings::link_bytes},
     {"operations", 1, 1'000'000, &limit_settings::operations},
     {"operations-per-caller", 1, 1'000'000, &limit_settings::operations_per_caller},
     {"patience-milliseconds", 1, longest_wait_seconds * 1000, &limit_settings::patience},
     {"publish-deadline-seconds", 1, longest_wait_seconds, &limit_settings::publish_deadline},
     {"reconnect-seconds", 1, longest_wait_seconds, &limit_settings::reconnect},
     {"server-deadline-seconds", 1, longest_wait_seconds, &limit_settings::server_deadline},
     {"subscribers", 0, 100'000, &limit_settings::subscribers}}};

/// Nothing: as the program has it.
std::optional<std::uint64_t> limit_in(const limit_settings& in, const limit_key& key);
/// A value within the key's bounds, or nothing.
void set_limit(limit_settings& in, const limit_key& key, std::optional<std::uint64_t> value);
/// The same by name; errc::configuration where there is no such limit, or the value is out of its bounds.
result<void> set_limit(limit_settings& in, std::string_view name, std::optional<std::uint64_t> value);

} // namespace truckee::settings
