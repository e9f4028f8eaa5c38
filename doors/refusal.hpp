#pragma once

#include "truckee/base/words.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace truckee::doors {

/// Why a peer is not let in, or a connection is ended. Closed: these are the labels of a metric.
enum class refusal : std::uint8_t {
  no_certificate,    ///< it showed none
  expired,           ///< its certificate
  not_yet_valid,     ///< its certificate
  foreign_ca,        ///< another CA signed its certificate
  nameless,          ///< its certificate has no name at all, where one is wanted
  wrong_name,        ///< its certificate is another's
  wrong_role,        ///< its certificate is not for this
  bad_certificate,   ///< anything else that is wrong with it
  ours_refused,      ///< it does not take our certificate
  not_tls,           ///< no handshake came about: plain text, another protocol, other versions
  handshake_timeout, ///< no handshake in time
  silent,            ///< nothing was said in time
  displaced,         ///< too many who had said nothing yet; the oldest goes
  too_many,          ///< too many connections
  no_descriptors,    ///< this process, or machine, may open no more files
  other_user,        ///< without TLS, another user of this machine
  protocol,          ///< what it sent breaks the protocol
  broken,            ///< the connection broke
};

inline constexpr std::array<std::string_view, 18> refusal_words{
    "no_certificate", "expired",         "not_yet_valid",  "foreign_ca", "nameless",          "wrong_name",
    "wrong_role",     "bad_certificate", "ours_refused",   "not_tls",    "handshake_timeout", "silent",
    "displaced",      "too_many",        "no_descriptors", "other_user", "protocol",          "broken"};
static_assert(are_words(refusal_words, refusal::broken));
constexpr std::string_view to_word(refusal x) {
  return word_in(refusal_words, x);
}

/// What happened, with a sentence for people.
struct trouble {
  refusal why = refusal::broken;
  std::string detail;
};

/// Is told what happens at doors, in their thread; returns soon.
class observer {
public:
  virtual ~observer() = default;
  /// A caller from `source` was not let in at `door`, or was put out: both addresses as text.
  virtual void refused(const std::string& door, const std::string& source, const trouble& what) = 0;
};

} // namespace truckee::doors
