#include "truckee/doors/basp/frame.hpp"
#include "truckee/doors/basp/cursor.hpp"

namespace truckee::doors::basp {

namespace {

/// What a frame of one kind must look like; absent: no such frame passes.
struct shape {
  const char* name;
  std::uint8_t flags_allowed;
  bool from_actor; ///< whether it names one
  bool to_actor;
  bool payload;
  bool judged_whole;
};

std::optional<shape> shape_of(operation what, generation speaks) {
  const std::uint8_t again = speaks == generation::caf_0_17 ? select_connection : 0;
  switch (what) {
  case operation::server_handshake:
    return shape{"a server handshake", 0, false, false, true, true};
  case operation::client_handshake:
    return shape{"a client handshake", again, false, false, true, true};
  case operation::direct_message:
    return shape{"a message", named_receiver, true, true, true, false};
  case operation::monitor_message:
    return shape{"a monitor message", 0, false, true, true, true};
  case operation::down_message:
    return shape{"a down message", 0, true, false, true, true};
  case operation::heartbeat:
    return shape{"a heartbeat", 0, false, false, false, true};
  default:
    return std::nullopt;
  }
}

std::string bytes_words(std::uint64_t n) {
  return std::to_string(n) + " bytes";
}

} // namespace

header read_header(byte_view raw) {
  cursor from(raw);
  header h;
  h.what = static_cast<operation>(from.number<std::uint8_t>());
  h.padding = from.number<std::uint16_t>();
  h.flags = from.number<std::uint8_t>();
  h.payload = from.number<std::uint32_t>();
  h.data = from.number<std::uint64_t>();
  h.from_actor = from.number<std::uint64_t>();
  h.to_actor = from.number<std::uint64_t>();
  return h;
}

result<void> check_header(const header& h, const rules& r) {
  if (h.payload > r.longest_payload)
    return refuse("a frame claims " + bytes_words(h.payload) + "; " + std::to_string(r.longest_payload) +
                  " are allowed");
  if (h.what == operation::routed_message)
    return refuse("a routed message (operation 3): nodes talk to each other directly only");
  const auto form = shape_of(h.what, r.speaks);
  if (!form)
    return refuse("operation " + std::to_string(static_cast<unsigned>(h.what)) + " does not exist");
  const std::string name = form->name;
  if (h.padding != 0)
    return refuse(name + " with padding " + std::to_string(h.padding) + " instead of 0");
  if (h.flags & ~form->flags_allowed)
    return refuse(name + " with flags " + std::to_string(h.flags) + ", of which it may have " +
                  std::to_string(form->flags_allowed));
  if (form->payload != (h.payload > 0))
    return refuse(name + " with a payload of " + bytes_words(h.payload) +
                  (form->payload ? "; it needs one" : "; it has none"));
  if (form->judged_whole && h.payload > longest_judged_whole)
    return refuse(name + " of " + bytes_words(h.payload) + "; " + std::to_string(longest_judged_whole) +
                  " are allowed");
  if (form->to_actor != (h.to_actor != 0))
    return refuse(name + " to actor " + std::to_string(h.to_actor) +
                  (form->to_actor ? "; it needs one" : "; it is for none"));
  if (h.what == operation::down_message && h.from_actor == 0)
    return refuse(name + " from actor 0; it needs one");
  if (!form->from_actor && h.from_actor != 0)
    return refuse(name + " from actor " + std::to_string(h.from_actor) + "; it is from none");
  const bool has_data = h.what == operation::direct_message || h.what == operation::server_handshake;
  if (!has_data && h.data != 0)
    return refuse(name + " with operation data " + std::to_string(h.data) + " instead of 0");
  return {};
}

} // namespace truckee::doors::basp
