#include "truckee/settings/limit_settings.hpp"

#include <algorithm>
#include <string>

namespace truckee::settings {

namespace {

template <class T>
T as(std::uint64_t value) {
  if constexpr (requires { typename T::period; })
    return T(static_cast<typename T::rep>(value));
  else
    return static_cast<T>(value);
}

template <class Rep, class Period>
std::uint64_t number(std::chrono::duration<Rep, Period> x) {
  return static_cast<std::uint64_t>(x.count());
}
std::uint64_t number(std::uint64_t x) {
  return x;
}

} // namespace

std::optional<std::uint64_t> limit_in(const limit_settings& in, const limit_key& key) {
  return std::visit(
      [&in](auto member) {
        const auto& set = in.*member;
        return set ? std::optional(number(*set)) : std::nullopt;
      },
      key.member);
}

void set_limit(limit_settings& in, const limit_key& key, std::optional<std::uint64_t> value) {
  std::visit(
      [&](auto member) {
        auto& set = in.*member;
        using type = typename std::remove_reference_t<decltype(set)>::value_type;
        set = value ? std::optional(as<type>(*value)) : std::nullopt;
      },
      key.member);
}

result<void> set_limit(limit_settings& in, std::string_view name, std::optional<std::uint64_t> value) {
  const auto* const key = std::ranges::find(limit_keys, name, &limit_key::name);
  if (key == limit_keys.end()) {
    std::string known;
    for (const auto& each : limit_keys)
      known += (known.empty() ? "" : ", ") + std::string(each.name);
    return fail(errc::configuration,
                "[limits] has no " + std::string(name.substr(0, 64)) + "; expected one of " + known);
  }
  if (value && (*value < key->least || *value > key->most))
    return fail(errc::configuration, "[limits] " + std::string(name) + " is " + std::to_string(*value) +
                                         "; expected " + std::to_string(key->least) + " to " +
                                         std::to_string(key->most));
  set_limit(in, *key, value);
  return {};
}

} // namespace truckee::settings
