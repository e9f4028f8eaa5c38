#include "doors/basp/recording.hpp"
#include "truckee/doors/basp/content.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace truckee::test {

using namespace doors::basp;

namespace {

bytes contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(as_bytes(text));
}

/// Who greets by the first frame of a stream.
node_name greeter(byte_view stream, generation g) {
  const auto first = frames_of(stream).at(0);
  const auto who = first.head.what == operation::client_handshake ? read_client_handshake(first.payload, g)
                                                                  : read_server_handshake(first.payload, g);
  return who.value();
}

std::vector<recording> load() {
  std::vector<recording> out;
  for (const auto& each :
       std::filesystem::directory_iterator(std::filesystem::path(TRUCKEE_DOORS_TESTS) / "basp/recorded")) {
    const auto& path = each.path();
    recording one;
    one.name = path.filename().string();
    one.rules.speaks = one.name.starts_with("0.17-") ? generation::caf_0_17 : generation::caf_1_1;
    const bool by_client = path.extension() == ".to_server";
    one.rules.peer = by_client ? peer_side::dialler : peer_side::dialled;
    one.rules.types = basp_types();
    one.rules.longest_payload = basp_limit;
    one.said = contents(path);
    one.peer = greeter(one.said, one.rules.speaks);
    auto back = path;
    back.replace_extension(by_client ? ".to_client" : ".to_server");
    one.rules.own = greeter(contents(back), one.rules.speaks);
    out.push_back(std::move(one));
  }
  std::ranges::sort(out, {}, &recording::name);
  return out;
}

} // namespace

const std::vector<recording>& recordings() {
  static const auto all = load();
  return all;
}

} // namespace truckee::test
