"""Graph encoders: streams, absent bodies, batch normalisation, graph convolution and shifts."""

from copy import deepcopy

import pytest
import torch

from toy_encoders import shift_gcn, stgcn, toy_clips
from zsar.data.skeleton import BONES, CENTRE
from zsar.encoders.base import LabelledClips
from zsar.encoders.graph import GraphConvolution, adjacency
from zsar.encoders.layers import BodyBatchNorm, Dropout, separate, shared
from zsar.encoders.multi_stream import STREAMS
from zsar.encoders.shift import SpaceShift, TimeShift
from zsar.errors import UserError

GRAPHS = {"stgcn": stgcn, "shift_gcn": shift_gcn}


@pytest.fixture(autouse=True)
def deterministic():
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(params=GRAPHS)
def graph(request):
    return GRAPHS[request.param]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"streams": ("joint", "bones")}, "joint, bones; expected some of: joint, bone, motion"),
        ({"streams": ()}, "streams are none"),
        ({"strides": (1,)}, "2 channels and 1 strides"),
    ],
)
def test_settings_that_make_no_network_are_an_error(graph, changes, message):
    with pytest.raises(UserError, match=message):
        graph(4, **changes)


def test_shift_gcn_can_take_300_frames_as_its_authors_train_it():
    clips = toy_clips(4, frames=300)
    made = shift_gcn(4, frames=300, streams=("joint", "bone")).eval()
    assert made.maps(clips.skeletons).shape == (4, 2, 32, 150, 25)
    losses = made.losses(clips)
    sum(losses.values()).backward()
    assert set(losses) == {"joint", "bone"} and all(loss.isfinite() for loss in losses.values())


def test_an_even_kernel_is_an_error():
    with pytest.raises(UserError, match="the kernel is 4; expected an odd"):
        stgcn(4, kernel=4)


def test_features_are_the_mean_of_the_maps(graph):
    made = graph(4, streams=("joint", "motion")).eval()
    skeletons = toy_clips(6).skeletons
    features, maps = made(skeletons), made.maps(skeletons)
    torch.testing.assert_close(maps.mean((1, 3, 4)), features)


def test_logits_are_the_weighted_sum_over_streams(graph):
    made = graph(4, streams=("joint", "bone"))
    features = made(toy_clips(6).skeletons)
    joint, bone = made.logits(features).values()
    made.config.streams.update(joint=0.6, bone=0.4)
    torch.testing.assert_close(made.classify(features), 0.6 * joint + 0.4 * bone)


def test_a_second_stream_does_not_change_the_first(graph):
    made, skeletons = graph(4, streams=("joint", "bone")).eval(), toy_clips(4).skeletons
    alone = graph(4).eval()
    weights = made.state_dict()
    alone.load_state_dict({name: weights[name] for name in alone.state_dict()})
    torch.testing.assert_close(made(skeletons)[:, : alone.width], alone(skeletons))


@pytest.mark.parametrize("name", GRAPHS)
def test_one_row_for_all_absent_bodies_gives_the_gradients_and_statistics_of_many(name):
    # No dropout: masks differ from body to body, where every body has a row.
    plain = {"stgcn": {"dropout": 0.0}, "shift_gcn": {"offset_step": None}}[name]
    shared, separate = (
        GRAPHS[name](4, absent_bodies=how, **plain) for how in ("shared", "separate")
    )
    separate.load_state_dict(shared.state_dict())
    clips = toy_clips(9)
    clips = LabelledClips(clips.skeletons.double(), clips.labels)
    for made in (shared, separate):
        made.double().train().losses(clips)["joint"].backward()
    for name, weight in shared.named_parameters():
        torch.testing.assert_close(weight.grad, separate.get_parameter(name).grad, msg=name)
    for name, value in shared.named_buffers():
        torch.testing.assert_close(value, separate.get_buffer(name), msg=name)
    torch.testing.assert_close(shared.eval()(clips.skeletons), separate.eval()(clips.skeletons))


def test_only_present_bodies_and_one_absent_body_are_computed():
    skeletons = toy_clips(8).skeletons  # four of the second bodies are absent
    assert len(shared(skeletons).rows) == 8 + 4 + 1
    assert shared(skeletons).copies == 4
    assert len(separate(skeletons).rows) == 16
    assert shared(torch.ones_like(skeletons)).copies is None


def test_half_precision_changes_features_only_a_little(graph):
    made, skeletons = graph(4, features="bf16").eval(), toy_clips(8).skeletons
    full = graph(4).eval()
    full.load_state_dict(made.state_dict())
    half, full = made(skeletons), full(skeletons)
    assert half.dtype == full.dtype == torch.float32
    assert 0 < (half - full).abs().max() < 0.1 * full.abs().max()


def test_training_a_copy_does_not_change_the_original(graph):
    made, clips = graph(4), toy_clips(8)
    before = made.eval()(clips.skeletons)
    copied = deepcopy(made).train()
    copied.losses(clips)["joint"].backward()
    with torch.no_grad():
        for weight in copied.parameters():
            weight -= weight.grad
    torch.testing.assert_close(made.eval()(clips.skeletons), before)


def test_clips_of_any_length_are_stretched_for_shift_gcn():
    made = shift_gcn(4).eval()
    ramp = torch.arange(6.0).view(1, 1, 6, 1, 1).expand(2, 3, 6, 25, 2)
    assert made.maps(ramp).shape[3] == 6  # twelve frames, halved once


def test_bones_add_up_from_the_centre_to_every_joint():
    skeletons = toy_clips(3).skeletons
    bones, parents = STREAMS["bone"](skeletons), dict(BONES)
    for joint in range(25):
        reached, at = skeletons[:, :, :, CENTRE], joint
        while at != CENTRE:
            reached, at = reached + bones[:, :, :, at], parents[at]
        torch.testing.assert_close(reached, skeletons[:, :, :, joint])
    assert not bones[:, :, :, CENTRE].any()


def test_motion_adds_up_from_the_first_frame_to_every_other():
    skeletons = toy_clips(3).skeletons
    motion = STREAMS["motion"](skeletons)
    torch.testing.assert_close(
        skeletons[:, :, :1] + motion.cumsum(2)[:, :, :-1], skeletons[:, :, 1:]
    )
    assert not motion[:, :, -1].any()
    torch.testing.assert_close(
        STREAMS["bone_motion"](skeletons), STREAMS["bone"](STREAMS["motion"](skeletons))
    )


def test_columns_of_the_adjacency_sum_to_one_and_a_longer_reach_partitions_more_edges():
    for reach in (1, 2, 9):
        torch.testing.assert_close(adjacency(reach).sum((0, 1)), torch.ones(25))
    assert [int((part > 0).sum()) for part in adjacency(1)] == [25, 40, 8]  # as published
    assert [int((part > 0).sum()) for part in adjacency(9)] == [25, 24, 24]


@pytest.mark.parametrize("row_axis", [0, 2])
def test_a_row_with_copies_is_normalised_as_if_each_copy_were_a_row(row_axis):
    few = torch.randn(4, 5, 4, 3, dtype=torch.double)
    copies = 6
    index = torch.tensor([0, 1, 2, *[3] * copies])
    counted, plain = BodyBatchNorm(5, row_axis).double(), BodyBatchNorm(5).double()
    once, many = few.clone().requires_grad_(), few.clone().requires_grad_()
    ours = counted(once, torch.tensor(float(copies)))
    theirs = plain(many.index_select(row_axis, index), None)
    torch.testing.assert_close(ours.index_select(row_axis, index), theirs)
    grad = torch.randn_like(ours)
    # The gradient of the last row is the sum over its copies.
    many_grads = grad.index_select(row_axis, index)
    many_grads.narrow(row_axis, 3, copies).div_(copies)
    ours.backward(grad)
    theirs.backward(many_grads)
    torch.testing.assert_close(once.grad, many.grad)
    torch.testing.assert_close(counted.weight.grad, plain.weight.grad)
    torch.testing.assert_close(counted.bias.grad, plain.bias.grad)
    torch.testing.assert_close(counted.running_mean, plain.running_mean)
    torch.testing.assert_close(counted.running_var, plain.running_var)


@pytest.mark.parametrize("probability", [0.1, 0.5])
def test_dropout_zeroes_its_share_and_keeps_the_mean(probability):
    rows = torch.ones(40, 8, 25, 10)
    made = Dropout(probability)(rows)
    kept = made != 0
    assert abs(float(kept.float().mean()) - (1 - probability)) < 0.01
    assert abs(float(made.mean()) - 1) < 0.02
    assert len(made[kept].unique()) == 1
    assert torch.equal(Dropout(probability).eval()(rows), rows)
    assert torch.equal(Dropout(0.0)(rows), rows)


def test_the_gradient_of_the_graph_convolution_is_the_numerical_one():
    convolution = GraphConvolution(2, 3, 1).double()
    rows = torch.randn(2, 2, 3, 25, dtype=torch.double, requires_grad=True)
    inputs = (rows, convolution.importance, convolution.mix.weight, convolution.mix.bias)
    assert torch.autograd.gradcheck(lambda *_: convolution(rows), inputs, fast_mode=True)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_gradient_of_the_temporal_shift_is_the_numerical_one(stride):
    shift = TimeShift(4, stride, None).double()
    with torch.no_grad():
        shift.offsets.copy_(torch.tensor([-7.3, -0.4, 0.2, 2.7]))
    volume = torch.randn(4, 2, 3, 6, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *_: shift(volume), (volume, shift.offsets))


def test_an_integer_shift_moves_frames_and_fills_with_zeros():
    shift = TimeShift(3, 1, None)
    with torch.no_grad():
        shift.offsets.copy_(torch.tensor([0.0, 1.0, -2.0]))
    volume = torch.arange(1.0, 6.0).expand(3, 2, 2, 5)
    shifted = shift(volume)[:, 0, 0].tolist()
    assert shifted == [[1, 2, 3, 4, 5], [2, 3, 4, 5, 0], [0, 0, 1, 2, 3]]


def test_the_published_gradient_of_an_offset_is_its_sign_times_a_step():
    volume = (
        torch.arange(1.0, 6.0).expand(3, 2, 2, 5) * torch.tensor([1, -1, 0])[:, None, None, None]
    )
    shift = TimeShift(3, 1, 0.01)
    shift(volume)[..., 1:-1].sum().backward()
    torch.testing.assert_close(shift.offsets.grad, torch.tensor([0.01, -0.01, 0.0001]))


def test_a_spatial_shift_is_undone_by_its_opposite():
    volume = torch.randn(30, 25, 2, 3, dtype=torch.double, requires_grad=True)
    there, back = SpaceShift(30, 25, 1), SpaceShift(30, 25, -1)
    assert torch.equal(back(there(volume)), volume)
    assert torch.equal(there(volume)[27, 4], volume[27, (4 + 27) % 25])
    assert torch.autograd.gradcheck(there, volume, fast_mode=True)
