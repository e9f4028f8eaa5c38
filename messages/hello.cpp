#include "truckee/messages/hello.hpp"

#include "truckee/messages/caf/shell.hpp"

#include <caf/message.hpp>

namespace truckee::messages {

namespace {

/// Of a peer's name for itself.
constexpr std::size_t software_shown_max = 64;

} // namespace

std::string software_name() {
  return "truckee/" TRUCKEE_VERSION;
}

std::optional<std::string> mismatch(const hello& caller, std::uint32_t own, const char* what) {
  if (caller.protocol == own)
    return std::nullopt;
  return std::string("this ") + what + " speaks protocol " + std::to_string(own) + " (" + software_name() +
         "), the caller protocol " + std::to_string(caller.protocol) + " (" +
         (caller.software.empty() ? "unknown software" : caller.software.substr(0, software_shown_max)) +
         "); update the " + (caller.protocol < own ? "caller" : what);
}

caf::error refuse(const std::string& why) {
  return caf::make_error(caf::sec::incompatible_versions, why);
}

std::optional<std::string> refusal_in(const caf::error& e) {
  if (!(e == caf::make_error(caf::sec::incompatible_versions)))
    return std::nullopt;
  const auto& context = e.context();
  if (context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  return "it speaks another version of the protocol";
}

} // namespace truckee::messages
