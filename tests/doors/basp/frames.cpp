#include "doors/basp/frames.hpp"
#include "truckee/doors/basp/content.hpp"

#include <algorithm>
#include <array>

namespace truckee::test {

using namespace doors::basp;

namespace {

// clang-format off
constexpr std::array<message_type, 44> types{{
    {3000, "truckee::messages::hello"},
    {3001, "truckee::messages::greeting"},
    {3002, "truckee::grid::store_info"},
    {3003, "truckee::grid::read_test_write"},
    {3004, "truckee::grid::read_test_write_answer"},
    {3005, "truckee::grid::slot_read"},
    {3006, "truckee::grid::slot_read_answer"},
    {3007, "truckee::messages::add_lease"},
    {3008, "truckee::messages::lease_answer"},
    {3009, "truckee::messages::read_leases"},
    {3010, "truckee::messages::stored_leases"},
    {3011, "truckee::messages::publish_request"},
    {3012, "truckee::messages::publish_reply"},
    {3013, "truckee::messages::append_request"},
    {3014, "truckee::messages::retrieve_request"},
    {3015, "truckee::messages::retrieve_reply"},
    {3016, "truckee::messages::check_request"},
    {3017, "truckee::messages::check_reply"},
    {3018, "truckee::messages::repair_request"},
    {3019, "truckee::messages::repair_reply"},
    {3020, "truckee::messages::list_leases_request"},
    {3021, "truckee::messages::list_leases_reply"},
    {3022, "truckee::messages::cancel_request"},
    {3023, "truckee::messages::cancel_answer"},
    {3024, "truckee::messages::progress_event"},
    {3025, "truckee::messages::progress_listener", true},
    {3026, "truckee::messages::subscribe", true},
    {3027, "truckee::messages::unsubscribe", true},
    {3028, "truckee::messages::subscribe_answer"},
    {3029, "truckee::messages::link_report"},
    {3030, "truckee::messages::status_request"},
    {3031, "truckee::messages::status_reply"},
    {3032, "truckee::messages::operation_detail_request"},
    {3033, "truckee::messages::operation_detail"},
    {3034, "truckee::messages::change_request"},
    {3035, "truckee::messages::change_answer"},
    {3036, "truckee::messages::resolve_request"},
    {3037, "truckee::messages::resolve_reply"},
    {3038, "truckee::messages::share_advice"},
    {3039, "truckee::messages::advice_answer"},
    {3040, "truckee::grid::stage_piece"},
    {3041, "truckee::grid::stage_answer"},
    {3042, "truckee::messages::read_content"},
    {3043, "truckee::messages::content_part"},
}};
// clang-format on

} // namespace

std::span<const message_type> basp_types() {
  return types;
}

std::vector<frame> frames_of(byte_view stream) {
  std::vector<frame> out;
  while (stream.size() >= header_size) {
    const auto head = read_header(stream.first(header_size));
    const auto all = stream.first(std::min<std::size_t>(header_size + head.payload, stream.size()));
    out.push_back({head, all.subspan(header_size), all});
    stream = stream.subspan(all.size());
  }
  return out;
}

bytes without_spawn_question(byte_view stream) {
  bytes out;
  for (const auto& each : frames_of(stream))
    if (each.head.flags != named_receiver)
      out = std::move(out) + each.all;
  return out;
}

bytes operator+(bytes a, byte_view b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

namespace {

template <class T>
bytes number(T value) {
  bytes out(sizeof(T));
  store_be(mutable_byte_view(out), value);
  return out;
}

} // namespace

bytes length_bytes(std::uint32_t value) {
  bytes out;
  for (; value > 0x7f; value >>= 7)
    out.push_back(static_cast<std::byte>((value & 0x7f) | 0x80));
  out.push_back(static_cast<std::byte>(value));
  return out;
}

bytes frame_writer::header(std::uint8_t operation, std::uint64_t payload, std::uint64_t data,
                           std::uint64_t from, std::uint64_t to, std::uint8_t flags) const {
  return number(operation) + number(std::uint16_t{0}) + number(flags) +
         number(static_cast<std::uint32_t>(payload)) + number(data) + number(from) + number(to);
}

bytes frame_writer::frame(std::uint8_t operation, byte_view payload, std::uint64_t data, std::uint64_t from,
                          std::uint64_t to, std::uint8_t flags) const {
  return header(operation, payload.size(), data, from, to, flags) + payload;
}

bytes frame_writer::node(const node_name& who) const {
  if (generation_ == generation::caf_0_17)
    return number(std::uint64_t{0x3e9aab9bac79}) + who;
  return number(std::uint8_t{1}) + who;
}

bytes frame_writer::handle(std::uint64_t actor, const node_name& who) const {
  return number(actor) + node(who);
}

bytes frame_writer::client_handshake(const node_name& who, std::uint8_t flags) const {
  return frame(1, node(who), 0, 0, 0, flags);
}

bytes frame_writer::server_handshake(const node_name& who, std::uint64_t version) const {
  return frame(0,
               node(who) + length_bytes(1) + length_bytes(3) + as_bytes("app") + number(std::uint64_t{7}) +
                   length_bytes(0),
               version);
}

bytes frame_writer::type_list(const std::vector<message_type>& list) const {
  if (generation_ == generation::caf_0_17) {
    std::string names = "@<>";
    for (const auto& each : list)
      names.append("+").append(each.name);
    return number(std::uint16_t{0}) + length_bytes(static_cast<std::uint32_t>(names.size())) +
           as_bytes(names);
  }
  auto out = length_bytes(static_cast<std::uint32_t>(list.size()));
  for (const auto& each : list)
    out = std::move(out) + number(each.number);
  return out;
}

bytes frame_writer::message(const std::vector<message_type>& list, byte_view rest, std::uint64_t to) const {
  const auto stages = generation_ == generation::caf_0_17 ? length_bytes(0) : bytes{};
  return frame(2, stages + type_list(list) + rest, std::uint64_t{1} << 60, 9, to);
}

bytes frame_writer::answer(byte_view error, std::uint64_t from) const {
  const auto asked = message({caf_types::error}, error);
  return frame(2, byte_view(asked).subspan(header_size), answer_bit | 5, from, 7);
}

bytes frame_writer::monitor(const node_name& from, const node_name& about, std::uint64_t actor) const {
  return frame(4, node(from) + node(about), 0, 0, actor);
}

bytes frame_writer::down(const node_name& from, const node_name& about, byte_view reason) const {
  return frame(5, node(from) + node(about) + reason, 0, 9, 0);
}

bytes frame_writer::error(int texts) const {
  const std::vector<message_type> context(static_cast<std::size_t>(texts), caf_types::text);
  auto out = generation_ == generation::caf_0_17
                 ? number(std::uint8_t{1}) + number(std::uint64_t{0x37e9a7})
                 : number(std::uint8_t{1}) + number(std::uint8_t{1}) + number(caf_1_1::sec);
  out = std::move(out) + type_list(context);
  for (int i = 0; i < texts; ++i)
    out = std::move(out) + length_bytes(5) + as_bytes("words");
  return out;
}

} // namespace truckee::test
